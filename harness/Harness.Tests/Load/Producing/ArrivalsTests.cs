using Harness.Load;
using Harness.Load.Producing;

namespace Harness.Tests.Load.Producing;

public sealed class ArrivalsTests
{
    private const long Start = 1_000_000_000_000;

    [Fact]
    public void Constant_OfAllProducersTogether_IsOneEvenlySpacedPlan()
    {
        var spec = new ProduceSpec { RecordsPerSecond = 1000, Connections = 4 };
        var due = Enumerable.Range(0, 4).SelectMany(producer => Take(Arrivals.Create(spec, producer, Start, 1), 500)).Order().ToList();
        for (var i = 0; i < due.Count; i++) Assert.Equal(Start + i * 1_000_000L, due[i]);
    }

    [Fact]
    public void Constant_WithAGapThatIsNoWholeNumber_DoesNotDrift()
    {
        var arrivals = Arrivals.Create(new() { RecordsPerSecond = 999_983 }, 0, Start, 1);
        for (var i = 0; i < 999_983; i++) arrivals.Advance();
        Assert.InRange(arrivals.Next, Start + Clock.Second - 1, Start + Clock.Second + 1);
    }

    [Fact]
    public void Poisson_Gaps_AreExponential()
    {
        const int count = 100_000;
        var arrivals = Arrivals.Create(new() { Arrival = Arrival.OpenPoisson, RecordsPerSecond = 10_000, Connections = 2 }, 0, Start, 1);
        var due = Take(arrivals, count);
        var gaps = due.Zip(due.Skip(1), (a, b) => (b - a) / 200_000.0).ToList(); // in means: 5,000 a second
        Assert.InRange(gaps.Average(), 0.98, 1.02);
        Assert.InRange(gaps.Sum(gap => (gap - 1) * (gap - 1)) / count, 0.95, 1.05); // an exponential's variance is its mean squared
        foreach (var (at, share) in new[] { (0.1, 0.0952), (1.0, 0.6321), (3.0, 0.9502) })
            Assert.InRange(gaps.Count(gap => gap < at) / (double)count, share - 0.01, share + 0.01);
        // Memoryless: a gap says nothing about the next.
        Assert.InRange(gaps.Zip(gaps.Skip(1), (a, b) => (a - 1) * (b - 1)).Average(), -0.03, 0.03);
    }

    [Fact]
    public void Poisson_OfTheSameSeed_IsTheSameAndOfAnotherProducerIsNot()
    {
        var spec = new ProduceSpec { Arrival = Arrival.OpenPoisson, Connections = 2 };
        Assert.Equal(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 0, Start, 9), 100));
        Assert.NotEqual(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 1, Start, 9), 100));
        Assert.NotEqual(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 0, Start, 8), 100));
    }

    private static List<long> Take(Arrivals arrivals, int count)
    {
        var due = new List<long>(count);
        for (; due.Count < count; arrivals.Advance()) due.Add(arrivals.Next);
        return due;
    }
}
