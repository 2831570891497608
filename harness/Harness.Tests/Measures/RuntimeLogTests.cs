using System.Diagnostics;
using Harness.Measures;

namespace Harness.Tests.Measures;

public sealed class RuntimeLogTests
{
    [Fact]
    public void Between_PausesOfCollections_AreAddedUpAndTheLongestKept()
    {
        var log = new RuntimeLog();
        Pause(log, 10, 13);
        Pause(log, 20, 21);
        Pause(log, 30, 32);

        AssertPauses(sumMs: 6, maxMs: 3, log.Between(Ms(0), Ms(100)));
    }

    [Theory]
    [InlineData(0, 10, 0, 0)] // before
    [InlineData(5, 15, 5, 5)] // reaches out at the end
    [InlineData(15, 25, 5, 5)] // and at the start
    [InlineData(12, 14, 2, 2)] // all of it is a pause
    [InlineData(20, 40, 0, 0)] // after
    public void Between_PauseThatReachesOut_CountsTheWithinOnly(int from, int to, int sumMs, int maxMs)
    {
        var log = new RuntimeLog();
        Pause(log, 10, 20);

        AssertPauses(sumMs, maxMs, log.Between(Ms(from), Ms(to)));
    }

    [Fact]
    public void Between_StopForSomethingElse_IsNoPause()
    {
        var log = new RuntimeLog();
        log.Resumed(Ms(5)); // of a stop that no collection asked for
        Pause(log, 10, 12);
        log.Resumed(Ms(50));

        AssertPauses(2, 2, log.Between(Ms(0), Ms(100)));
    }

    [Fact]
    public void Between_Collections_AreCountedByGenerationFromTheFirstMomentToBeforeTheLast()
    {
        var log = new RuntimeLog();
        foreach (var (at, generation) in new[] { (9, 2), (10, 0), (11, 0), (12, 1), (13, 2), (19, 0), (20, 0) }) log.Collected(Ms(at), generation);

        var use = log.Between(Ms(10), Ms(20));

        Assert.Equal((3, 1, 1), (use.Gen0, use.Gen1, use.Gen2));
    }

    [Fact]
    public void Between_IntervalsOfTheRuntime_CountWhereTheirMiddleIsWithin()
    {
        var log = new RuntimeLog();
        foreach (var at in new[] { 1000, 2000, 3000, 4000 })
        {
            log.Counted(Ms(at), RuntimeCounter.AllocatedBytes, value: at, seconds: 1);
            log.Counted(Ms(at), RuntimeCounter.Contentions, value: 2 * at, seconds: 1);
            log.Counted(Ms(at), RuntimeCounter.QueueLength, value: at, seconds: 1);
        }

        var use = log.Between(Ms(1200), Ms(3400)); // the middles of the second and third are at 1500 and 2500

        Assert.Equal((2500, 5000, 3000), (use.AllocatedBytesPerSecond, use.ContentionsPerSecond, use.QueueLengthMax));
    }

    [Fact]
    public void Between_IntervalsOfDifferentLength_GiveTheRateOverTheTimeTheyTook()
    {
        var log = new RuntimeLog();
        log.Counted(Ms(1000), RuntimeCounter.AllocatedBytes, value: 300, seconds: 1);
        log.Counted(Ms(3000), RuntimeCounter.AllocatedBytes, value: 300, seconds: 2);

        Assert.Equal(200, log.Between(0, Ms(5000)).AllocatedBytesPerSecond);
    }

    [Fact]
    public void Between_NothingWasCounted_HasNoFiguresInsteadOfZeros()
    {
        var use = new RuntimeLog().Between(0, Ms(5000));

        Assert.Equal((null, null, null), (use.AllocatedBytesPerSecond, use.ContentionsPerSecond, use.QueueLengthMax));
    }

    private static void Pause(RuntimeLog log, int from, int to)
    {
        log.Suspended(Ms(from));
        log.Resumed(Ms(to));
    }

    private static void AssertPauses(int sumMs, int maxMs, RuntimeUse use) =>
        Assert.Equal((TimeSpan.FromMilliseconds(sumMs), TimeSpan.FromMilliseconds(maxMs)), (use.GcPause, use.GcPauseMax));

    private static long Ms(int milliseconds) => milliseconds * (Stopwatch.Frequency / 1000);
}
