using System.Net.Sockets;
using Engine.Broker.Partitions;
using Engine.Protocol.Wire;

namespace Engine.Broker.Replication;

/// <summary>Follower's side: keeps a connection to one leader that pushes, on a thread of its own.</summary>
internal sealed class PushFollower : ILeaderFollower
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly int _nodeId;
    private readonly int _leader;
    private readonly PushSettings _settings;
    private readonly ManualResetEventSlim _stop = new();
    private readonly AutoResetEvent _retarget = new(false);
    private readonly Thread _thread;
    private volatile Target? _target;
    private volatile PushConnection? _connection;
    private bool _wasUnreachable;

    public PushFollower(int nodeId, int leader, PushSettings settings)
    {
        (_nodeId, _leader, _settings) = (nodeId, leader, settings);
        _thread = new Thread(Run) { Name = $"pushed-from-{leader}", IsBackground = true };
        _thread.Start();
    }

    public void Follow(long brokerEpoch, string host, int port, IReadOnlyList<Partition> partitions)
    {
        var before = _target;
        if (before is not null && before.BrokerEpoch == brokerEpoch && before.Host == host && before.Port == port && before.Partitions.SequenceEqual(partitions)) return;

        _target = new Target(brokerEpoch, host, port, [.. partitions]);
        // Numbers of partitions are a connection's own, and so is the registration in which it is followed.
        _connection?.Dispose();
        _retarget.Set();
    }

    public void Dispose()
    {
        _stop.Set();
        _connection?.Dispose();
        _retarget.Set();
        _thread.Join();
        _stop.Dispose();
        _retarget.Dispose();
    }

    private void Run()
    {
        var pause = ShortestPause;
        while (!_stop.IsSet)
        {
            var target = _target;
            try
            {
                if (target is not null && FollowOver(target)) pause = ShortestPause;
            }
            catch (Exception error) when (error is IOException or SocketException or WireException or ObjectDisposedException)
            {
                if (_target == target && !_stop.IsSet)
                {
                    if (!_wasUnreachable) NodeLog.Info($"node {_nodeId}: following node {_leader} broke off, trying again: {error.Message}");
                    _wasUnreachable = true;
                }
            }

            if (_target != target || _stop.IsSet) continue;
            // A leader that is gone for longer is asked less and less often; one that has just moved at once.
            _retarget.WaitOne(pause);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Follows until the target is another or the connection breaks.</summary>
    /// <returns>Whether the leader could be reached at all.</returns>
    private bool FollowOver(Target target)
    {
        using var connection = PushConnection.Open(target.Host, target.Port);
        _connection = connection;
        var intake = new PushIntake(_nodeId, target.BrokerEpoch, _settings, connection, target.Partitions);
        try
        {
            // Looked at after the connection was published: whoever sets another target closes it, or is seen here.
            while (!_stop.IsSet && _target == target)
            {
                intake.Step();
                if (!_wasUnreachable || !intake.HasHeard) continue;
                NodeLog.Info($"node {_nodeId}: following node {_leader} again");
                _wasUnreachable = false;
            }
        }
        catch (Exception error) when (intake.HasHeard && error is IOException or SocketException or WireException or ObjectDisposedException)
        {
            if (_target == target && !_stop.IsSet) NodeLog.Info($"node {_nodeId}: following node {_leader} broke off, trying again: {error.Message}");
            _wasUnreachable = true;
        }

        return intake.HasHeard;
    }

    private sealed record Target(long BrokerEpoch, string Host, int Port, Partition[] Partitions);
}
