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

    [Fact]
    public void Bursts_InTheLongRun_HaveTheRateAndTheShareOfSilence()
    {
        const int count = 400_000;
        var due = Take(Arrivals.Create(Shaped("bursts(on=2ms, off=6ms)") with { RecordsPerSecond = 50_000 }, 0, Start, 3), count);
        var seconds = (due[^1] - Start) / (double)Clock.Second;

        Assert.InRange(count / seconds, 46_000, 54_000); // about a thousand bursts
        // Within a burst four times the rate, and three quarters of the time nothing.
        var gaps = due.Zip(due.Skip(1), (a, b) => b - a).ToLookup(gap => gap > Clock.Millisecond / 5);
        Assert.InRange(gaps[true].Sum() / (double)Clock.Second / seconds, 0.70, 0.80);
        Assert.InRange(gaps[false].Average(), 4_900, 5_100);
    }

    [Fact]
    public void Waves_OverWholePeriods_HaveTheMeanRateAndPeaksAboveIt()
    {
        var due = Take(Arrivals.Create(Shaped("waves(peak=1.5, period=2s)") with { RecordsPerSecond = 100_000 }, 0, Start, 3), 800_000);
        double In(double from, double to) => due.Count(at => at >= Start + from * Clock.Second && at < Start + to * Clock.Second) / (to - from);

        Assert.InRange(In(0, 6), 99_000, 101_000);
        // A sine of half the mean about its peak at half a second and its trough a second later, over a tenth of a second each.
        Assert.InRange(In(0.45, 0.55), 146_000, 154_000);
        Assert.InRange(In(1.45, 1.55), 46_500, 54_500);
        Assert.InRange(In(2.45, 2.55), 146_000, 154_000);
    }

    [Fact]
    public void Waves_OfSlowRates_StillNeverGoBack()
    {
        var due = Take(Arrivals.Create(Shaped("waves(peak=1.9, period=100ms)") with { RecordsPerSecond = 5 }, 0, Start, 3), 2_000);

        Assert.Equal(due.Order(), due);
        Assert.InRange(due.Count / ((due[^1] - Start) / (double)Clock.Second), 4.6, 5.4);
    }

    [Theory]
    [InlineData("bursts(on=20ms, off=60ms)")]
    [InlineData("waves(peak=1.4, period=1s)")]
    public void Shaped_OfTheSameSeed_IsTheSameAndOfAnotherProducerIsNot(string shape)
    {
        var spec = Shaped(shape) with { Connections = 2 };
        Assert.Equal(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 0, Start, 9), 100));
        Assert.NotEqual(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 1, Start, 9), 100));
        Assert.NotEqual(Take(Arrivals.Create(spec, 0, Start, 9), 100), Take(Arrivals.Create(spec, 0, Start, 8), 100));
    }

    [Theory]
    [InlineData("bursts(on=20ms, off=60ms)")]
    [InlineData("waves(peak=1.4, period=1s)")]
    public void Shaped_Advancing_AllocatesNothing(string shape)
    {
        var arrivals = Arrivals.Create(Shaped(shape), 0, Start, 9);
        arrivals.Advance();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) arrivals.Advance();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("bursts(on=20ms)", "takes on, off")]
    [InlineData("bursts(on=20ms, off=0ms)", "off is a duration above 0")]
    [InlineData("waves(peak=2, period=1s)", "from 1 to below 2")]
    [InlineData("tides(peak=1.4)", "is not known")]
    public void Shape_ThatCannotBe_SaysWhatIsAllowed(string shape, string expected) =>
        Assert.Contains(expected, Assert.Throws<FormatException>(() => ArrivalShape.Parse(shape)).Message, StringComparison.Ordinal);

    [Fact]
    public void ArrivalPlan_OfBursts_CountsWhatIsDueInEachSecondAndInTheMeasuredTime()
    {
        var load = new LoadSpec
        {
            Bootstrap = [], Topic = "load", Seed = 4, Warmup = TimeSpan.FromSeconds(1), Duration = TimeSpan.FromSeconds(2.5),
            Produce = Shaped("bursts(on=50ms, off=150ms)") with { RecordsPerSecond = 20_000, Connections = 2 },
        };
        var due = Enumerable.Range(0, 2).SelectMany(producer => Take(Arrivals.Create(load.Produce, producer, 0, 4), 200_000)).Where(at => at < 3.5 * Clock.Second).ToList();

        var plan = ArrivalPlan.Of(load)!;

        Assert.Equal(due.Count(at => at >= Clock.Second), plan.Measured);
        Assert.Equal(Enumerable.Range(0, 5).Select(second => (long)due.Count(at => at / Clock.Second == second)), Enumerable.Range(0, 5).Select(second => plan[second]));
        Assert.Null(ArrivalPlan.Of(load with { Produce = new ProduceSpec() }));
    }

    private static ProduceSpec Shaped(string shape) => new() { Arrival = Arrival.OpenShaped, ArrivalShape = shape };

    private static List<long> Take(Arrivals arrivals, int count)
    {
        var due = new List<long>(count);
        for (; due.Count < count; arrivals.Advance()) due.Add(arrivals.Next);
        return due;
    }
}
