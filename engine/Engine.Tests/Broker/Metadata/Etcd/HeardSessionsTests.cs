using Engine.Broker.Metadata.Etcd;
using Engine.Core;

namespace Engine.Tests.Broker.Metadata.Etcd;

/// <summary>Who counts as silent, by made-up clocks: a session lasts for a second.</summary>
public sealed class HeardSessionsTests
{
    private const long Lease = 7;

    private readonly HeardSessions _heard = new(TimeSpan.FromSeconds(1));

    [Fact]
    public void Session_ThatBeats_IsHeard()
    {
        for (var at = 0; at <= 5000; at += 200) Look(at, revision: at);
        Assert.False(_heard.IsSilent(Lease));
    }

    [Fact]
    public void Session_ThatStops_IsSilentAWholeSessionAfterItsLastBeatWasSeen()
    {
        Look(0, 1);
        Look(200, 2);
        for (var at = 400; at < 1200; at += 200) Look(at, 2);
        Assert.False(_heard.IsSilent(Lease));
        Assert.Equal(At(1200), _heard.NextSilence);

        Look(1200, 2);
        Assert.True(_heard.IsSilent(Lease));
        Assert.Null(_heard.NextSilence);
        Assert.Equal(2, _heard.RevisionOf(Lease));

        Look(1400, 3);
        Assert.False(_heard.IsSilent(Lease));
    }

    [Fact]
    public void Session_ThatNeverBeat_CountsFromWhenItWasFirstLookedFor()
    {
        for (var at = 0; at < 1000; at += 200) Look(at, 0);
        Assert.False(_heard.IsSilent(Lease));
        Look(1000, 0);
        Assert.True(_heard.IsSilent(Lease));
    }

    /// <summary>What came to be known late was not silent for so long.</summary>
    [Fact]
    public void Answer_ThatWasLongOnItsWay_IsJudgedByWhenItWasAskedAndHeardWhenItCame()
    {
        Look(0, 1);
        for (var at = 200; at < 1000; at += 200) Look(at, 1);
        _heard.Look(At(990), At(1010), [Lease], Revisions(1));
        Assert.False(_heard.IsSilent(Lease));

        _heard.Look(At(1015), At(1300), [Lease], Revisions(2));
        for (var at = 1500; at <= 2299; at += 200) Look(at, 2);
        _heard.Look(At(2299), At(2299), [Lease], Revisions(2));
        Assert.False(_heard.IsSilent(Lease));
        Look(2300, 2);
        Assert.True(_heard.IsSilent(Lease));
    }

    [Fact]
    public void Observer_ThatWasStopped_JudgesNobodyByTheTimeItMissed()
    {
        Look(0, 1);
        Look(10_000, 1);
        Assert.False(_heard.IsSilent(Lease));
        for (var at = 10_200; at < 11_000; at += 200) Look(at, 1);
        Assert.False(_heard.IsSilent(Lease));
        Look(11_000, 1);
        Assert.True(_heard.IsSilent(Lease));
    }

    /// <summary>Then nobody could beat either.</summary>
    [Fact]
    public void Etcd_ThatHungInTheMiddleOfALook_MakesNobodySilent()
    {
        Look(0, 1);
        _heard.Look(At(200), At(5000), [Lease], Revisions(1));
        Look(5001, 1);
        Assert.False(_heard.IsSilent(Lease));
    }

    [Fact]
    public void Session_ThatIsNotLookedForAnyMore_IsForgotten()
    {
        for (var at = 0; at <= 1000; at += 200) Look(at, 1);
        Assert.True(_heard.IsSilent(Lease));
        _heard.Look(At(1100), At(1100), [], Revisions(1));
        Assert.False(_heard.IsSilent(Lease));
        Look(1200, 1);
        Assert.False(_heard.IsSilent(Lease));
    }

    private void Look(int at, long revision) => _heard.Look(At(at), At(at), [Lease], Revisions(revision));

    private static Dictionary<long, long> Revisions(long revision) => revision == 0 ? [] : new() { [Lease] = revision };

    private static Instant At(int milliseconds) => new(milliseconds * 1_000_000L);
}
