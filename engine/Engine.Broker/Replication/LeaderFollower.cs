using System.Net.Sockets;
using Engine.Broker.Network;
using Engine.Broker.Partitions;
using Engine.Protocol.Wire;

namespace Engine.Broker.Replication;

/// <summary>What this node follows of one leader, and where that listens.</summary>
/// <param name="BrokerEpoch">This node's registration.</param>
/// <param name="Host">Where the leader's inter-broker listener is.</param>
/// <param name="Port">Its port.</param>
/// <param name="Partitions">What it leads and this node follows.</param>
internal sealed record FollowedLeader(long BrokerEpoch, string Host, int Port, IReadOnlyList<Partition> Partitions)
{
    /// <summary>Whether a connection made for this one is as good for the other.</summary>
    public bool IsLike(FollowedLeader other) =>
        BrokerEpoch == other.BrokerEpoch && Host == other.Host && Port == other.Port && Partitions.SequenceEqual(other.Partitions);
}

/// <summary>One connection to a leader, by which its records come. For one thread, except that disposing it breaks off a wait.</summary>
internal interface ILeaderLink : IDisposable
{
    /// <summary>Whether the leader has sent anything.</summary>
    bool HasHeard { get; }

    /// <summary>Asks for records, takes what comes within a while, and says how far it has come.</summary>
    /// <param name="stop">To be heeded by waits that disposing does not break off.</param>
    /// <exception cref="IOException">The leader is gone; so say SocketException, WireException and ObjectDisposedException.</exception>
    void Step(CancellationToken stop);
}

/// <summary>Connects to a leader.</summary>
/// <exception cref="IOException">Nobody answers there, or (SocketException) it is refused.</exception>
/// <exception cref="OperationCanceledException">Told to stop.</exception>
internal delegate ILeaderLink OpenLeaderLink(FollowedLeader leader, CancellationToken stop);

/// <summary>Follows one leader, on a thread of its own: over one connection until it breaks or something else is to be followed, then over the next.</summary>
/// <remarks>
/// Nothing but time is lost by a connection that breaks: where a log stands is looked up with each. What waits, for a connection too, is
/// broken off when something else is to be followed: whoever says so is the one that makes a node act on a new leader.
/// </remarks>
internal sealed class LeaderFollower : IDisposable
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly int _nodeId;
    private readonly int _leaderId;
    private readonly TimeSpan _slice;
    private readonly OpenLeaderLink _open;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile Target? _target;
    private volatile bool _stopping;
    private bool _wasUnreachable;

    public LeaderFollower(int nodeId, int leaderId, TimeSpan slice, OpenLeaderLink open)
    {
        (_nodeId, _leaderId, _slice, _open) = (nodeId, leaderId, slice, open);
        _thread = new Thread(Run) { Name = $"follow-{leaderId}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Sets what to follow from now on. Does not wait for it. One thread only, as for <see cref="Dispose"/>.</summary>
    public void Follow(FollowedLeader leader)
    {
        if (_target is { } before && before.Leader.IsLike(leader)) return;
        Replace(new Target(leader));
    }

    public void Dispose()
    {
        _stopping = true;
        Replace(null);
        _thread.Join();
        _wake.Dispose();
    }

    private void Replace(Target? target)
    {
        var before = _target;
        _target = target;
        before?.Dispose();
        _wake.Set();
    }

    private void Run()
    {
        TimeSlice.Ask(_slice);
        for (var pause = ShortestPause; !_stopping;)
        {
            var target = _target;
            if ((target is not null && FollowOver(target)) || _target != target) pause = ShortestPause;
            if (_target != target || _stopping) continue;

            // A leader that is gone for longer is asked less and less often; one that has just moved at once.
            _wake.WaitOne(pause);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Follows until something else is to be followed or the connection breaks.</summary>
    /// <returns>Whether the leader could be reached at all.</returns>
    private bool FollowOver(Target target)
    {
        var hasHeard = false;
        try
        {
            using var link = _open(target.Leader, target.Stop);
            using var breaking = target.Stop.Register(link.Dispose);
            while (!target.Stop.IsCancellationRequested)
            {
                link.Step(target.Stop);
                if (!link.HasHeard || hasHeard) continue;
                hasHeard = true;
                if (_wasUnreachable) NodeLog.Info($"node {_nodeId}: following node {_leaderId} again");
                _wasUnreachable = false;
            }
        }
        catch (Exception error) when (error is IOException or SocketException or WireException or ObjectDisposedException or OperationCanceledException)
        {
            if (target.Stop.IsCancellationRequested) return hasHeard;
            if (!_wasUnreachable) NodeLog.Info($"node {_nodeId}: following node {_leaderId} broke off, trying again: {error.Message}");
            _wasUnreachable = true;
        }

        return hasHeard;
    }

    private sealed class Target : IDisposable
    {
        private readonly CancellationTokenSource _stop = new();

        public Target(FollowedLeader leader) => (Leader, Stop) = (leader, _stop.Token);

        public FollowedLeader Leader { get; }

        public CancellationToken Stop { get; }

        public void Dispose()
        {
            _stop.Cancel();
            _stop.Dispose();
        }
    }
}
