using Harness.Load;

namespace Harness.Tests.Load;

public sealed class RampUpTests
{
    private const long Start = 1000;
    private const long Interval = 10 * Clock.Millisecond;

    [Fact]
    public void Of_ARateThatIsThereAtOnce_IsNothing() => Assert.Equal(0, Of(Repeat(100, 300)));

    [Fact]
    public void Of_TimeBeforeTheFirstRecord_IsNotCounted() => Assert.Equal(0, Of([.. Repeat(0, 70), .. Repeat(100, 300)]));

    [Fact]
    public void Of_ASlowStart_LastsUntilATenthOfASecondHasNineTenthsOfTheRate()
    {
        // 400 ms at half of the rate; a window with nine of ten intervals at all of it and one at half has 95 %, with eight of ten 90 %.
        Assert.Equal(40 - 2, Of([.. Repeat(50, 40), .. Repeat(100, 300)]));
    }

    [Fact]
    public void Of_ABurstThatIsShorterThanAWindow_IsNotTheRate() => Assert.True(Of([500, .. Repeat(10, 100), .. Repeat(100, 300)]) > 50);

    [Fact]
    public void Of_WhatComesAfterTheEnd_DoesNotCount() => Assert.Equal(0, Of([.. Repeat(100, 300), .. Repeat(1000, 300)], to: 300));

    [Fact]
    public void Of_LessThanASecond_CannotBeTold() => Assert.Null(Of(Repeat(100, 99)));

    private static int? Of(long[] records, int? to = null)
    {
        var pulse = new AckPulse { StartNanoseconds = Start, IntervalNanoseconds = Interval, Records = records, Worst = new long[records.Length] };
        return RampUp.Of(pulse, Start, Start + (to ?? records.Length) * Interval) is { } ramp ? (int)(ramp.TotalNanoseconds / Interval) : null;
    }

    private static long[] Repeat(long value, int count) => [.. Enumerable.Repeat(value, count)];
}
