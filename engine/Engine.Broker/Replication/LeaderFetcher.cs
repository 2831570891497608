using System.Text;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>Follows one leader: fetches, appends, fetches again, on a thread of its own.</summary>
/// <remarks>
/// One round holds all partitions that this node follows of that leader, with positions read anew each time, so a change of
/// leader or a truncation needs no signal here. Appending is done before the next fetch, which acknowledges it. A broken
/// connection is made anew after a pause; nothing but time is lost by it.
/// </remarks>
internal sealed class LeaderFetcher : ILeaderFollower
{
    private const short FetchVersion = 12;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    private readonly int _nodeId;
    private readonly int _leader;
    private readonly PullSettings _settings;
    private readonly FetchRequest _request;
    private readonly FetchResponse _response = new();
    private readonly WireBuffer _buffer = new();
    private readonly List<Asked> _asked = [];
    private readonly Dictionary<Partition, long> _pausedUntil = [];
    private readonly ManualResetEventSlim _stop = new();
    private readonly AutoResetEvent _retarget = new(false);
    private readonly Thread _thread;
    private volatile Target? _target;
    private volatile LeaderConnection? _connection;
    private volatile bool _retargeted;
    private bool _wasUnreachable;

    public LeaderFetcher(int nodeId, int leader, PullSettings settings)
    {
        (_nodeId, _leader, _settings) = (nodeId, leader, settings);
        _request = new FetchRequest
        {
            ReplicaId = nodeId,
            MaxWaitMs = (int)settings.MaxWait.TotalMilliseconds,
            MinBytes = 1,
            MaxBytes = settings.MaxBytes,
        };
        _thread = new Thread(Run) { Name = $"fetch-from-{leader}", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Sets what to follow from the next round on.</summary>
    public void Follow(long brokerEpoch, string host, int port, IReadOnlyList<Partition> partitions)
    {
        var before = _target;
        var now = _target = new Target(brokerEpoch, host, port, [.. partitions.Select(partition => (partition, Encoding.UTF8.GetBytes(partition.Topic)))]);
        _retarget.Set();
        // A parked fetch knows nothing of a partition that was added: it would be followed only when the wait is over.
        if (before is null || before.IsLike(now)) return;
        _retargeted = true;
        _connection?.Dispose();
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
        while (!_stop.IsSet)
        {
            try
            {
                if (_target is { } target) FollowOver(target);
            }
            catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or WireException or ObjectDisposedException)
            {
                if (_retargeted)
                {
                    _retargeted = false;
                    continue;
                }

                if (!_wasUnreachable && !_stop.IsSet) NodeLog.Info($"node {_nodeId}: fetching from node {_leader} broke off, trying again: {error.Message}");
                _wasUnreachable = true;
            }

            _retarget.WaitOne(RetryPause);
        }
    }

    private void FollowOver(Target target)
    {
        using var connection = LeaderConnection.Open(target.Host, target.Port);
        _connection = connection;
        if (_wasUnreachable) NodeLog.Info($"node {_nodeId}: fetching from node {_leader} again");
        _wasUnreachable = false;
        while (!_stop.IsSet && _target is { } current && current.Host == target.Host && current.Port == target.Port)
        {
            if (!Ask(current, connection))
            {
                _stop.Wait(RetryPause);
                continue;
            }

            Take(connection.ReceiveFrame());
        }
    }

    /// <summary>Sends a fetch for all partitions that are to be followed; false when there is none at the moment.</summary>
    private bool Ask(Target target, LeaderConnection connection)
    {
        _request.Clear();
        _request.ReplicaEpoch = target.BrokerEpoch;
        _asked.Clear();
        _request.AcknowledgesFlushed = EnsureAcknowledgeable(target);
        foreach (var (partition, topic) in target.Partitions)
        {
            var position = partition.Position();
            if (!position.IsFollower || IsPaused(partition)) continue;

            _asked.Add(new Asked(partition, position));
            _request.Add(topic, partition.Index, position.EndOffset, _settings.PartitionMaxBytes, position.LeaderEpoch, position.LastEpoch, position.LogStartOffset);
        }

        if (_asked.Count == 0) return false;

        _buffer.Clear();
        var writer = new WireWriter(_buffer) { Flexible = true };
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Fetch, FetchVersion, CorrelationId: 0).Write(ref writer, "replica");
        _request.Write(ref writer, FetchVersion);
        Frame.End(ref writer, start);
        connection.Send(_buffer.Written);
        return true;
    }

    /// <summary>Has flushed what the next fetch acknowledges, where that is asked for: all logs at once, as each flush waits for the disk.</summary>
    /// <returns>Whether that is asked for: the node's rule, so the same for all.</returns>
    private static bool EnsureAcknowledgeable(Target target)
    {
        if (target.Partitions.Length == 0 || !target.Partitions[0].Partition.Settings.FlushesForAcks) return false;

        foreach (var (partition, _) in target.Partitions) partition.BeginAcknowledging();
        foreach (var (partition, _) in target.Partitions)
        {
            try
            {
                partition.EnsureAcknowledgeable();
            }
            catch (LogOfflineException)
            {
                // Its listeners have been told; it follows nobody any more.
            }
        }

        return true;
    }

    private bool IsPaused(Partition partition)
    {
        if (_pausedUntil.Count == 0 || !_pausedUntil.TryGetValue(partition, out var until)) return false;
        if (Environment.TickCount64 < until) return true;
        _pausedUntil.Remove(partition);
        return false;
    }

    /// <summary>Appends what came. A partition that could not go on is left out for a while; the others do not wait for it.</summary>
    private void Take(ReadOnlySpan<byte> frame)
    {
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, ApiKey.Fetch, FetchVersion);
        _response.Read(ref reader, FetchVersion);
        if (_response.Error != ErrorCode.None) throw new WireException($"the leader answered {_response.Error}");
        if (_response.Partitions.Length != _asked.Count) throw new WireException("the leader answered other partitions than it was asked for");

        for (var i = 0; i < _asked.Count; i++)
        {
            if (!LeaderAnswer.Take(_asked[i].Partition, _asked[i].Position, _response.Partitions[i], frame))
                _pausedUntil[_asked[i].Partition] = Environment.TickCount64 + (long)RetryPause.TotalMilliseconds;
        }
    }

    private readonly record struct Asked(Partition Partition, FollowerPosition Position);

    private sealed record Target(long BrokerEpoch, string Host, int Port, (Partition Partition, byte[] Topic)[] Partitions)
    {
        /// <summary>Whether a fetch made for this one is as good for the other.</summary>
        public bool IsLike(Target other) =>
            BrokerEpoch == other.BrokerEpoch && Host == other.Host && Port == other.Port
            && Partitions.Select(one => one.Partition).SequenceEqual(other.Partitions.Select(one => one.Partition));
    }
}
