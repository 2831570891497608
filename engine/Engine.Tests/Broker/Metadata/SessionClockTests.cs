using Engine.Broker;
using Engine.Broker.Metadata;
using Engine.Core.Cluster;

namespace Engine.Tests.Broker.Metadata;

public sealed class SessionClockTests
{
    [Fact]
    public void Holds_NotRenewedForItsLength_IsFalseUntilItIs()
    {
        var clock = new SessionClock(TimeSpan.FromHours(1), MonotonicClock.Now);
        clock.Renew(MonotonicClock.Now - TimeSpan.FromHours(1));
        Assert.False(clock.HoldsAt(MonotonicClock.Now));

        clock.Renew(MonotonicClock.Now);
        Assert.True(clock.HoldsAt(MonotonicClock.Now));
    }

    [Fact]
    public void Holds_AfterAGap_IsFalseUntilThatIsMadeUpFor()
    {
        var clock = new SessionClock(TimeSpan.FromHours(1), MonotonicClock.Now);
        var before = clock.Gaps;
        clock.CountGap();
        clock.Renew(MonotonicClock.Now);
        Assert.False(clock.HoldsAt(MonotonicClock.Now));

        // Who began to catch up before the gap has not made up for it.
        clock.CloseGaps(before);
        Assert.False(clock.HoldsAt(MonotonicClock.Now));
        clock.CloseGaps(clock.Gaps);
        Assert.True(clock.HoldsAt(MonotonicClock.Now));
    }

    [Theory]
    [InlineData(2000, 400, true)]
    [InlineData(2000, 1000, true)]
    [InlineData(2000, 1001, false)]
    public void Problem_HeartbeatsTooRare_IsNamed(int timeoutMs, int intervalMs, bool isFine)
    {
        var problem = new SessionTimes(TimeSpan.FromMilliseconds(timeoutMs), TimeSpan.FromMilliseconds(intervalMs)).Problem();
        Assert.Equal(isFine, problem is null);
        if (!isFine) Assert.Contains("broker.heartbeat.interval.ms=1001", problem, StringComparison.Ordinal);
    }
}
