using System.Collections.Concurrent;
using Engine.Broker.Replication;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Replication;

/// <summary>When a connection to a leader is made, broken off and made anew.</summary>
public sealed class LeaderFollowerTests
{
    private readonly ConcurrentQueue<string> _events = [];

    /// <summary>Else a leader that neither takes nor refuses connections would keep this node from acting on the one that is elected in its place.</summary>
    [Fact]
    public void Dispose_WhileItConnects_BreaksThatOff()
    {
        var follower = new LeaderFollower(1, 2, TimeSpan.Zero, NeverConnects);
        follower.Follow(Leader(port: 10));
        Until.True(() => !_events.IsEmpty, "it connects");

        follower.Dispose();
        Assert.Equal(["connects to 10", "told to stop"], _events);
    }

    [Fact]
    public void Follow_AnotherWhileItConnects_ConnectsToThatOne()
    {
        using var follower = new LeaderFollower(1, 2, TimeSpan.Zero, NeverConnects);
        follower.Follow(Leader(port: 10));
        Until.True(() => _events.Count == 1, "it connects");

        follower.Follow(Leader(port: 11));
        Until.True(() => _events.Count == 3, "it connects to the other");
        Assert.Equal(["connects to 10", "told to stop", "connects to 11"], _events);
    }

    [Fact]
    public void Follow_TheSameAgain_GoesOnOverTheSameConnection()
    {
        using var link = new Link();
        using (var follower = new LeaderFollower(1, 2, TimeSpan.Zero, (leader, _) => Opened(leader, link)))
        {
            follower.Follow(Leader(port: 10));
            Until.True(() => link.Steps > 0, "it follows");
            follower.Follow(Leader(port: 10));
            var steps = link.Steps;
            Until.True(() => link.Steps > steps + 1, "it follows on");
            Assert.False(link.IsDisposed);
        }

        Assert.True(link.IsDisposed);
        Assert.Equal(["connects to 10"], _events);
    }

    [Fact]
    public void Connection_ThatBreaks_IsMadeAnew()
    {
        using var broken = new Link { Breaks = true };
        using var sound = new Link();
        using var follower = new LeaderFollower(1, 2, TimeSpan.Zero, (leader, _) => Opened(leader, broken.Steps == 0 ? broken : sound));
        follower.Follow(Leader(port: 10));

        Until.True(() => sound.Steps > 0, "it follows again");
        Assert.True(broken.IsDisposed);
        Assert.Equal(["connects to 10", "connects to 10"], _events);
    }

    private ILeaderLink NeverConnects(FollowedLeader leader, CancellationToken stop)
    {
        _events.Enqueue($"connects to {leader.Port}");
        stop.WaitHandle.WaitOne(TimeSpan.FromMinutes(1));
        if (stop.IsCancellationRequested) _events.Enqueue("told to stop");
        throw new OperationCanceledException();
    }

    private Link Opened(FollowedLeader leader, Link link)
    {
        _events.Enqueue($"connects to {leader.Port}");
        return link;
    }

    private static FollowedLeader Leader(int port) => new(BrokerEpoch: 7, "host", port, []);

    private sealed class Link : ILeaderLink
    {
        private int _steps;
        private volatile bool _isDisposed;

        public bool Breaks { get; init; }

        public int Steps => Volatile.Read(ref _steps);

        public bool IsDisposed => _isDisposed;

        public bool HasHeard => Steps > 0;

        public void Step(CancellationToken stop)
        {
            Interlocked.Increment(ref _steps);
            if (Breaks) throw new IOException("broken");
            stop.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(1));
        }

        public void Dispose() => _isDisposed = true;
    }
}
