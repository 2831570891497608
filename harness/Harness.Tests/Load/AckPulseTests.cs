using Harness.Load;

namespace Harness.Tests.Load;

public sealed class AckPulseTests
{
    private const long Interval = 10 * Clock.Millisecond;

    [Theory]
    [InlineData(new long[] { 5, 0, 0, 3, 0 }, 0, 5, 2)]
    [InlineData(new long[] { 5, 0, 0, 3, 0 }, 3, 9, 5)] // what follows the last is empty
    [InlineData(new long[] { 1, 1, 1 }, 0, 3, 0)]
    [InlineData(new long[] { }, 0, 4, 4)]
    public void LongestSilence_BetweenTwoMoments_CountsEmptyIntervalsInARow(long[] records, int from, int to, int silent)
    {
        var pulse = new AckPulse { StartNanoseconds = 1000, IntervalNanoseconds = Interval, Records = records, Worst = new long[records.Length] };

        Assert.Equal(Clock.Span(silent * Interval), pulse.LongestSilence(1000 + from * Interval, 1000 + to * Interval));
    }

    [Theory]
    [InlineData(new long[] { 5, 0, 0, 3, 0 }, 1, 0, 3)]
    [InlineData(new long[] { 5, 0, 0, 3, 0 }, 0, 4, 4)] // what was acknowledged in the interval of the moment itself may have been before it
    [InlineData(new long[] { 5, 5 }, 0, 0, 1)]
    [InlineData(new long[] { 5, 5 }, 2, 0, null)]
    [InlineData(new long[] { 5, 0 }, 0, 1, null)]
    public void FirstAfter_AMoment_IsTheEndOfTheNextIntervalWithAny(long[] records, int intervals, long more, int? after)
    {
        var pulse = new AckPulse { StartNanoseconds = 1000, IntervalNanoseconds = Interval, Records = records, Worst = new long[records.Length] };

        Assert.Equal(after is { } count ? Clock.Span(count * Interval - more) : null, pulse.FirstAfter(1000 + intervals * Interval + more));
    }
}
