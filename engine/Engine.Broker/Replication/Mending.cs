using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Engine.Broker.Metadata;
using Engine.Broker.Partitions;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Storage;
using Engine.Storage.Soundness;

namespace Engine.Broker.Replication;

/// <summary>Mends damaged stretches one after the other, on a thread of its own that starts with the first.</summary>
/// <remarks>
/// Below the high watermark replicas hold the same bytes, so a leader can take them from an in-sync follower as well as a follower
/// from its leader. They are asked with a fetch whose replica id says that it neither acknowledges anything nor cares who leads,
/// which is taken from brokers only and answered up to the high watermark.
/// </remarks>
internal sealed class Mending(int nodeId, IMetadataStore store) : IMending, IDisposable
{
    /// <summary>Kafka's "debugging consumer": reads from any replica.</summary>
    public const int AnyReplica = -2;

    private const short FetchVersion = 12;

    // A replica that has just started knows its high watermark only once it has heard from its leader.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<(Partition Partition, Damage Damage)> _queue = [];
    private readonly ConcurrentDictionary<Damage, long> _known = new(); // Under way: no end. Given up: until when.
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _starting = new();
    private readonly WireBuffer _buffer = new();
    private readonly FetchResponse _response = new();
    private Thread? _thread;

    public bool Request(Partition partition, Damage damage)
    {
        if (Candidates(partition).Count == 0) return false;

        var now = Environment.TickCount64;
        if (_known.TryGetValue(damage, out var until) && until > now) return until == long.MaxValue;
        _known[damage] = long.MaxValue;
        lock (_starting)
        {
            if (_queue.IsAddingCompleted) return false;
            _queue.Add((partition, damage));
            if (_thread is not null) return true;
            _thread = new Thread(Run) { Name = "mending", IsBackground = true };
            _thread.Start();
        }

        return true;
    }

    public void Dispose()
    {
        _stop.Set();
        lock (_starting) _queue.CompleteAdding();
        _thread?.Join();
        _queue.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        foreach (var (partition, damage) in _queue.GetConsumingEnumerable())
        {
            var name = $"{partition.Topic}-{partition.Index}";
            if (TryMend(partition, damage) is { } source)
            {
                NodeLog.Info($"{name}: mended from node {source}: {damage}");
                _known.TryRemove(damage, out _);
            }
            else
            {
                NodeLog.Error($"{name}: cannot be mended for now, no replica gives what was there: {damage}");
                _known[damage] = Environment.TickCount64 + (long)PauseAfterFailure.TotalMilliseconds;
            }
        }
    }

    /// <summary>The node from which it was mended; null when none could help.</summary>
    private int? TryMend(Partition partition, Damage damage)
    {
        var deadline = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        do
        {
            foreach (var candidate in Candidates(partition))
            {
                try
                {
                    if (Fetch(candidate, partition, damage) is { } batches && partition.Log.TryMend(damage, batches)) return candidate.NodeId;
                }
                catch (Exception error) when (error is IOException or SocketException or WireException or ObjectDisposedException)
                {
                    // The next one, or the same a little later.
                }
                catch (LogOfflineException)
                {
                    return null; // Its listeners have been told.
                }
            }
        }
        while (Environment.TickCount64 < deadline && !_stop.Wait(RetryPause));
        return null;
    }

    /// <summary>Who may hold the same bytes: the leader first, then those in sync.</summary>
    private List<ClusterBroker> Candidates(Partition partition)
    {
        var state = store.State;
        if (state.FindTopic(partition.TopicId) is not { } topic) return [];
        var now = topic.Partitions[partition.Index];
        return [.. now.Isr.Prepend(now.Leader).Distinct()
            .Where(node => node != nodeId && state.IsAlive(node)).Select(node => state.Brokers[node])];
    }

    /// <summary>The batches of a stretch as another node holds them; null when it does not have them all.</summary>
    private byte[]? Fetch(ClusterBroker node, Partition partition, Damage damage)
    {
        using var connection = LeaderConnection.Open(node.InterBrokerHost, node.InterBrokerPort);
        var (batches, next) = (new MemoryStream(), damage.Offset);
        while (next < damage.NextOffset)
        {
            Ask(connection, partition, next, damage.Bytes);
            var taken = Take(connection.ReceiveFrame(), ref next, damage, batches);
            if (taken == 0) return null;
        }

        return batches.ToArray();
    }

    private void Ask(LeaderConnection connection, Partition partition, long offset, long bytes)
    {
        var maxBytes = (int)Math.Min(bytes, 16 << 20);
        var request = new FetchRequest { ReplicaId = AnyReplica, MaxWaitMs = 0, MinBytes = 0, MaxBytes = maxBytes };
        request.Add(Encoding.UTF8.GetBytes(partition.Topic), partition.Index, offset, maxBytes, partition.State.LeaderEpoch);
        _buffer.Clear();
        var writer = new WireWriter(_buffer) { Flexible = true };
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Fetch, FetchVersion, CorrelationId: 0).Write(ref writer, "mending");
        request.Write(ref writer, FetchVersion);
        Frame.End(ref writer, start);
        connection.Send(_buffer.Written);
    }

    /// <summary>Keeps the whole, sound batches of an answer that belong to the damage; how many bytes that were.</summary>
    private int Take(ReadOnlySpan<byte> frame, ref long next, Damage damage, MemoryStream batches)
    {
        var reader = new WireReader(frame);
        ResponseHeader.Read(ref reader, ApiKey.Fetch, FetchVersion);
        _response.Read(ref reader, FetchVersion);
        if (_response.Partitions is not [{ Error: ErrorCode.None, Diverging: null, RecordsLength: > 0 } answer]) return 0;

        var records = frame.Slice(answer.RecordsStart, answer.RecordsLength);
        var taken = 0;
        while (BatchCheck.SoundBatchBytes(records[taken..]) is > 0 and var size)
        {
            var header = new BatchHeader(records[taken..]);
            if (header.BaseOffset < next || header.NextOffset > damage.NextOffset) break;
            next = header.NextOffset;
            taken += size;
        }

        batches.Write(records[..taken]);
        return taken;
    }
}
