using Harness.Results;
using Harness.Statistics;

namespace Harness.Tests.Statistics;

public sealed class StationarityTests
{
    private const int Runs = 200;

    [Theory]
    [InlineData(10, 0.03, 0)]
    [InlineData(60, 0.03, 0)]
    [InlineData(30, 0.2, 0)]
    [InlineData(30, 0.05, 0.5)]
    public void Run_ThatOnlyWavers_IsSeldomMarked(int seconds, double noise, double likeness)
    {
        var marked = Enumerable.Range(0, Runs).Count(seed => Judge(new Draws(seed).Wave(seconds, noise, likeness)).IsStationary == false);

        Assert.True(marked <= 0.05 * Runs, $"{marked} of {Runs}");
    }

    [Theory]
    [InlineData(10, 0.02)]
    [InlineData(30, 0.05)]
    public void Run_ThatSlowsDownByAFifth_IsMarked(int seconds, double noise)
    {
        var found = Enumerable.Range(0, Runs).Select(seed => new Draws(seed).Wave(seconds, noise, 0)).Count(wave =>
            Judge([.. wave.Select((value, i) => value * (1 - (0.2 * i / (seconds - 1))))]) is { IsStationary: false } judged && judged.Drifts[0].StartsWith("rate", StringComparison.Ordinal));

        Assert.True(found >= 0.9 * Runs, $"{found} of {Runs}");
    }

    [Fact]
    public void Run_WithAStep_IsMarkedWithTheSecondAndTheSize()
    {
        var wave = new Draws(3).Wave(30, 0.02, 0);

        var judged = Judge([.. wave.Select((value, i) => i < 20 ? value : value * 0.7)]);

        var drift = Assert.Single(judged.Drifts);
        Assert.Matches("^rate changed by -(29|30|31) % after 20 s$", drift);
    }

    [Fact]
    public void Run_ThatIsShort_IsNotJudged() => Assert.Null(Judge([1, 1, 1, 9, 9, 9, 9]).IsStationary);

    [Fact]
    public void Run_ByItsMeasuredSecondsOnly_LeavesOutWarmUpAndDrain()
    {
        var timeline = Enumerable.Range(-20, 60).Select(second => Point(second, second is < 1 or > 20 ? 10 : 1000)).ToList();

        Assert.True(Stationarity.Of(timeline, measuredSeconds: 20.7).IsStationary);
        Assert.False(Stationarity.Of(timeline, measuredSeconds: 30).IsStationary);
    }

    [Fact]
    public void Run_WhoseLatencyGrowsAtASteadyRate_IsMarkedByIt()
    {
        var timeline = Enumerable.Range(1, 20).Select(second => Point(second, 1000) with { P50Ms = 1 + (0.1 * second), BrokerCores = 0.001 * second }).ToList();

        var drift = Assert.Single(Stationarity.Of(timeline, 20).Drifts);

        Assert.StartsWith("median latency", drift);
    }

    [Fact]
    public void ChangePoints_OfTwoSteps_AreWhereTheyAre()
    {
        double[] series = [.. new Draws(5).Wave(40, 0.02, 0).Select((value, i) => value + (i < 12 ? 0 : i < 25 ? 1 : 3))];

        Assert.Equal([12, 25], ChangePoints.Of(series));
        Assert.Empty(ChangePoints.Of([1, 2, 3]));
    }

    private static Stationarity Judge(double[] rates) => Stationarity.Of([.. rates.Select((rate, i) => Point(i + 1, 100_000 * rate))], rates.Length);

    private static TimelinePoint Point(int second, double rate) => new() { Second = second, AchievedPerSecond = rate };
}
