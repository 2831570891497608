using System.Runtime.InteropServices;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks for records from given offsets on, versions 4-16. Reused: reading or filling it again allocates nothing
/// after warm-up.</summary>
/// <remarks>
/// <c>replica_id(-14) max_wait min_bytes max_bytes isolation session_id(7+) session_epoch(7+) [topic [partition
/// leader_epoch(9+) offset last_fetched_epoch(12+) log_start_offset(5+) max_bytes]] [forgotten_topic [partition]](7+)
/// rack(11+)</c>, and tagged from 12 on the replica's state (Kafka's from 15 on, where nothing else names the replica), and, between our
/// own brokers only, that all is flushed. A topic is named by its name up to version 12, by the 16 bytes
/// of its id from 13 on (KIP-516).
/// </remarks>
public sealed class FetchRequest
{
    /// <summary>The first version that names topics by id.</summary>
    public const short FirstWithTopicIds = 13;

    private const uint ReplicaStateTag = 1;

    // Ours: far above the numbers that Kafka gives out, one after the other.
    private const uint AcknowledgesFlushedTag = 10_000;

    private readonly List<FetchPartition> _partitions = [];
    private readonly List<FetchTopic> _topics = [];
    private readonly WireBuffer _added = new(256);

    /// <summary>The follower that asks; -1 when a consumer does.</summary>
    public int ReplicaId { get; set; } = -1;

    /// <summary>Whether a follower says that it has also flushed what its offsets acknowledge.</summary>
    public bool AcknowledgesFlushed { get; set; }

    /// <summary>The registration under which that follower asks (KIP-903): what an earlier run of it asked counts no more. -1: not told.</summary>
    public long ReplicaEpoch { get; set; } = -1;

    public int MaxWaitMs { get; set; }

    public int MinBytes { get; set; }

    public int MaxBytes { get; set; } = int.MaxValue;

    /// <summary>0 reads everything below the high watermark, 1 only what no open transaction holds.</summary>
    public sbyte IsolationLevel { get; set; }

    public int SessionId { get; set; }

    /// <summary>-1 asks for everything, outside of any session (KIP-227).</summary>
    public int SessionEpoch { get; set; } = -1;

    /// <summary>All topics' partitions in the request's order, which is the order they are served in (KIP-74).</summary>
    public ReadOnlySpan<FetchPartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    /// <summary>The topics in the request's order; <see cref="FetchPartition.TopicIndex"/> points here.</summary>
    public ReadOnlySpan<FetchTopic> Topics => CollectionsMarshal.AsSpan(_topics);

    public void Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Fetch, version);
        Clear();
        ReplicaId = version < 15 ? reader.ReadInt32() : -1;
        ReplicaEpoch = -1;
        MaxWaitMs = reader.ReadInt32();
        MinBytes = reader.ReadInt32();
        MaxBytes = reader.ReadInt32();
        IsolationLevel = reader.ReadInt8();
        SessionId = version >= 7 ? reader.ReadInt32() : 0;
        SessionEpoch = version >= 7 ? reader.ReadInt32() : -1;

        for (var topics = reader.ReadCount(); topics > 0; topics--)
        {
            var length = ReadTopic(ref reader, version);
            var start = reader.Position - length;
            var partitions = reader.ReadCount(minItemBytes: 16);
            _topics.Add(new(start, length, _partitions.Count, partitions));
            for (var i = 0; i < partitions; i++) ReadPartition(ref reader, version, start, length);
            reader.EndStruct();
        }

        if (version >= 7) SkipForgottenTopics(ref reader, version);
        if (version >= 11) reader.ReadStringBytes(); // the consumer's rack: all replicas are equally near
        ReadTags(ref reader, version);
    }

    /// <summary>Empties the lists, for filling with <see cref="Add"/>; the scalar fields keep their values.</summary>
    public void Clear()
    {
        _partitions.Clear();
        _topics.Clear();
        _added.Clear();
    }

    /// <summary>Adds a partition to ask for; partitions of one topic are added in a row.</summary>
    /// <param name="topic">The topic's name in UTF-8, or the 16 bytes of its id for versions 13 and up.</param>
    /// <param name="partition">Which partition.</param>
    /// <param name="fetchOffset">The first offset wanted; for a follower also its acknowledgement of all before.</param>
    /// <param name="partitionMaxBytes">How much to send of it at most, except for a first batch larger than that.</param>
    /// <param name="currentLeaderEpoch">The epoch the asker believes in (KIP-320), or -1 for no check.</param>
    /// <param name="lastFetchedEpoch">The epoch of the last record the asker has, or -1.</param>
    /// <param name="logStartOffset">A follower's own first offset, or -1.</param>
    public void Add(
        ReadOnlySpan<byte> topic, int partition, long fetchOffset, int partitionMaxBytes,
        int currentLeaderEpoch = -1, int lastFetchedEpoch = -1, long logStartOffset = -1)
    {
        if (_topics.Count == 0 || !topic.SequenceEqual(Added(_topics[^1])))
        {
            _topics.Add(new(_added.Length, topic.Length, _partitions.Count, 0));
            new WireWriter(_added).WriteRaw(topic);
        }

        var own = _topics[^1];
        _topics[^1] = own with { PartitionCount = own.PartitionCount + 1 };
        _partitions.Add(new(
            _topics.Count - 1, own.Start, own.Length, partition, currentLeaderEpoch,
            fetchOffset, lastFetchedEpoch, logStartOffset, partitionMaxBytes));
    }

    /// <summary>Writes what was added since <see cref="Clear"/> (a request that was read has its names elsewhere).</summary>
    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Fetch, version);
        if (version < 15) writer.WriteInt32(ReplicaId);
        writer.WriteInt32(MaxWaitMs);
        writer.WriteInt32(MinBytes);
        writer.WriteInt32(MaxBytes);
        writer.WriteInt8(IsolationLevel);
        if (version >= 7)
        {
            writer.WriteInt32(SessionId);
            writer.WriteInt32(SessionEpoch);
        }

        writer.WriteArrayLength(_topics.Count);
        foreach (var topic in _topics)
        {
            WriteTopic(ref writer, version, Added(topic));
            writer.WriteArrayLength(topic.PartitionCount);
            foreach (ref readonly var partition in Partitions.Slice(topic.FirstPartition, topic.PartitionCount))
                WritePartition(ref writer, version, in partition);
            writer.EndStruct();
        }

        if (version >= 7) writer.WriteArrayLength(0); // nothing to forget outside a session
        if (version >= 11) writer.WriteStringBytes([]);
        WriteTags(ref writer, version);
    }

    internal static int ReadTopic(ref WireReader reader, short version)
    {
        if (version < FirstWithTopicIds) return reader.ReadStringBytes().Length;
        reader.Skip(16);
        return 16;
    }

    internal static void WriteTopic(ref WireWriter writer, short version, ReadOnlySpan<byte> topic)
    {
        if (version < FirstWithTopicIds) writer.WriteStringBytes(topic);
        else writer.WriteRaw(topic[..16]);
    }

    private void ReadPartition(ref WireReader reader, short version, int topicStart, int topicLength)
    {
        var partition = reader.ReadInt32();
        var currentLeaderEpoch = version >= 9 ? reader.ReadInt32() : -1;
        var fetchOffset = reader.ReadInt64();
        var lastFetchedEpoch = version >= 12 ? reader.ReadInt32() : -1;
        var logStartOffset = version >= 5 ? reader.ReadInt64() : -1;
        var maxBytes = reader.ReadInt32();
        reader.EndStruct();
        _partitions.Add(new(
            _topics.Count - 1, topicStart, topicLength, partition, currentLeaderEpoch,
            fetchOffset, lastFetchedEpoch, logStartOffset, maxBytes));
    }

    private static void WritePartition(ref WireWriter writer, short version, in FetchPartition partition)
    {
        writer.WriteInt32(partition.Partition);
        if (version >= 9) writer.WriteInt32(partition.CurrentLeaderEpoch);
        writer.WriteInt64(partition.FetchOffset);
        if (version >= 12) writer.WriteInt32(partition.LastFetchedEpoch);
        if (version >= 5) writer.WriteInt64(partition.LogStartOffset);
        writer.WriteInt32(partition.PartitionMaxBytes);
        writer.EndStruct();
    }

    private static void SkipForgottenTopics(ref WireReader reader, short version)
    {
        for (var topics = reader.ReadCount(); topics > 0; topics--)
        {
            ReadTopic(ref reader, version);
            reader.Skip(4 * reader.ReadCount(minItemBytes: 4));
            reader.EndStruct();
        }
    }

    private void ReadTags(ref WireReader reader, short version)
    {
        AcknowledgesFlushed = false;
        if (!reader.Flexible) return;

        for (var tags = reader.ReadUnsignedVarint(); tags > 0; tags--)
        {
            var tag = reader.ReadTag(out var size);
            var end = reader.Position + size;
            if (tag == ReplicaStateTag)
            {
                // Below 15 the field in the body is who asks.
                var replica = reader.ReadInt32();
                if (version >= 15) ReplicaId = replica;
                ReplicaEpoch = reader.ReadInt64();
            }
            else if (tag == AcknowledgesFlushedTag)
            {
                AcknowledgesFlushed = true;
            }

            reader.Skip(end - reader.Position);
        }
    }

    private void WriteTags(ref WireWriter writer, short version)
    {
        if (!writer.Flexible) return;

        var tellsReplica = version >= 15 ? ReplicaId != -1 : ReplicaEpoch >= 0;
        writer.WriteUnsignedVarint((tellsReplica ? 1u : 0) + (AcknowledgesFlushed ? 1u : 0));
        if (tellsReplica)
        {
            writer.WriteUnsignedVarint(ReplicaStateTag);
            writer.WriteUnsignedVarint(4 + 8 + 1);
            writer.WriteInt32(ReplicaId);
            writer.WriteInt64(ReplicaEpoch);
            writer.EndStruct();
        }

        if (!AcknowledgesFlushed) return;
        writer.WriteUnsignedVarint(AcknowledgesFlushedTag);
        writer.WriteUnsignedVarint(0); // its presence says all
    }

    private ReadOnlySpan<byte> Added(FetchTopic topic) => _added.Written.Slice(topic.Start, topic.Length);
}

/// <summary>A topic in a fetch request or response: the place of its name or id, and which partitions are its own.</summary>
public readonly record struct FetchTopic(int Start, int Length, int FirstPartition, int PartitionCount);

/// <summary>One partition that is asked for. Places are offsets into the bytes that were read.</summary>
/// <param name="TopicIndex">Which of the request's topics, from 0.</param>
/// <param name="TopicStart">Where the topic's name (UTF-8) or id begins.</param>
/// <param name="TopicLength">Bytes of the topic's name or id.</param>
/// <param name="Partition">The partition asked for; not checked.</param>
/// <param name="CurrentLeaderEpoch">The epoch the asker believes in (KIP-320), or -1 for no check.</param>
/// <param name="FetchOffset">The first offset wanted.</param>
/// <param name="LastFetchedEpoch">The epoch of the last record the asker has, or -1.</param>
/// <param name="LogStartOffset">A follower's own first offset, or -1.</param>
/// <param name="PartitionMaxBytes">A soft limit: a first batch larger than it is sent whole.</param>
public readonly record struct FetchPartition(
    int TopicIndex, int TopicStart, int TopicLength, int Partition, int CurrentLeaderEpoch,
    long FetchOffset, int LastFetchedEpoch, long LogStartOffset, int PartitionMaxBytes);
