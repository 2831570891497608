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
}
