using System.Text;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Storage;

namespace Engine.Broker.Replication;

/// <summary>Fetches from one leader over one connection: asks, appends what comes, asks again.</summary>
/// <remarks>
/// One round holds all partitions that this node follows of that leader, with positions read anew each time, so a truncation needs no
/// signal here. Appending is done before the next fetch, which acknowledges it.
/// </remarks>
internal sealed class LeaderFetcher : ILeaderLink
{
    private const short FetchVersion = 12;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);

    private readonly PullSettings _settings;
    private readonly LeaderConnection _connection;
    private readonly (Partition Partition, byte[] TopicUtf8)[] _partitions;
    private readonly FetchRequest _request;
    private readonly FetchResponse _response = new();
    private readonly WireBuffer _buffer = new();
    private readonly List<Asked> _asked = [];
    private readonly Dictionary<Partition, long> _pausedUntil = [];

    /// <param name="nodeId">The node that follows.</param>
    /// <param name="settings">What to ask for.</param>
    /// <param name="leader">Whom and what it follows.</param>
    /// <param name="connection">The way to it, from here on this object's.</param>
    public LeaderFetcher(int nodeId, PullSettings settings, FollowedLeader leader, LeaderConnection connection)
    {
        (_settings, _connection) = (settings, connection);
        _partitions = [.. leader.Partitions.Select(partition => (partition, Encoding.UTF8.GetBytes(partition.Topic)))];
        _request = new FetchRequest
        {
            ReplicaId = nodeId,
            ReplicaEpoch = leader.BrokerEpoch,
            MaxWaitMs = (int)settings.MaxWait.TotalMilliseconds,
            MinBytes = 1,
            MaxBytes = settings.MaxBytes,
        };
    }

    public bool HasHeard { get; private set; }

    public void Step(CancellationToken stop)
    {
        if (!Ask()) stop.WaitHandle.WaitOne(RetryPause);
        else Take(_connection.ReceiveFrame());
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Sends a fetch for all partitions that are to be followed; false when there is none at the moment.</summary>
    private bool Ask()
    {
        _request.Clear();
        _asked.Clear();
        _request.AcknowledgesFlushed = EnsureAcknowledgeable();
        foreach (var (partition, topic) in _partitions)
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
        _connection.Send(_buffer.Written);
        return true;
    }

    /// <summary>Has flushed what the next fetch acknowledges, where that is asked for: all logs at once, as each flush waits for the disk.</summary>
    /// <returns>Whether that is asked for: the node's rule, so the same for all.</returns>
    private bool EnsureAcknowledgeable()
    {
        if (_partitions.Length == 0 || !_partitions[0].Partition.Settings.FlushesForAcks) return false;

        foreach (var (partition, _) in _partitions) partition.BeginAcknowledging();
        foreach (var (partition, _) in _partitions)
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
        HasHeard = true;
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
}
