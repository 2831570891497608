using System.Runtime.InteropServices;
using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Records and offsets of the partitions asked for, versions 4-16, as a client reads them. Reused, allocates
/// nothing after warm-up.</summary>
/// <remarks>
/// <c>throttle error(7+) session_id(7+) [topic [partition error high_watermark last_stable_offset log_start_offset(5+)
/// [aborted_transaction] preferred_replica(11+) records]]</c>. <see cref="FetchResponseWriter"/> writes it. Places are
/// offsets into the bytes that the reader was made over.
/// </remarks>
public sealed class FetchResponse
{
    internal const uint DivergingEpochTag = 0;

    private readonly List<FetchedPartition> _partitions = [];
    private readonly List<FetchTopic> _topics = [];

    public int ThrottleTimeMs { get; private set; }

    /// <summary>What went wrong with the whole request; partitions have their own.</summary>
    public ErrorCode Error { get; private set; }

    /// <summary>0 when the broker keeps no session: the next request must name all partitions again.</summary>
    public int SessionId { get; private set; }

    public ReadOnlySpan<FetchTopic> Topics => CollectionsMarshal.AsSpan(_topics);

    public ReadOnlySpan<FetchedPartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    public void Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Fetch, version);
        _partitions.Clear();
        _topics.Clear();
        ThrottleTimeMs = reader.ReadInt32();
        Error = version >= 7 ? (ErrorCode)reader.ReadInt16() : ErrorCode.None;
        SessionId = version >= 7 ? reader.ReadInt32() : 0;

        for (var topics = reader.ReadCount(); topics > 0; topics--)
        {
            var length = FetchRequest.ReadTopic(ref reader, version);
            var start = reader.Position - length;
            var partitions = reader.ReadCount(minItemBytes: 30);
            _topics.Add(new(start, length, _partitions.Count, partitions));
            for (var i = 0; i < partitions; i++) ReadPartition(ref reader, version, start, length);
            reader.EndStruct();
        }

        reader.EndStruct();
    }

    private void ReadPartition(ref WireReader reader, short version, int topicStart, int topicLength)
    {
        var partition = reader.ReadInt32();
        var error = (ErrorCode)reader.ReadInt16();
        var highWatermark = reader.ReadInt64();
        var lastStableOffset = reader.ReadInt64();
        var logStartOffset = version >= 5 ? reader.ReadInt64() : -1;
        for (var aborted = reader.ReadArrayLength(minItemBytes: 16); aborted > 0; aborted--)
        {
            reader.Skip(8 + 8); // producer id and first offset: the engine has no transactions yet
            reader.EndStruct();
        }

        if (version >= 11) reader.ReadInt32(); // preferred read replica: the leader serves all reads
        var recordsLength = reader.ReadNullableBytes(out var isNull).Length;
        var recordsStart = reader.Position - recordsLength;
        var diverging = reader.Flexible ? ReadTags(ref reader) : null;
        _partitions.Add(new(
            _topics.Count - 1, topicStart, topicLength, partition, error, highWatermark, lastStableOffset, logStartOffset,
            diverging, recordsStart, isNull ? -1 : recordsLength));
    }

    private static EpochEnd? ReadTags(ref WireReader reader)
    {
        EpochEnd? diverging = null;
        for (var tags = reader.ReadUnsignedVarint(); tags > 0; tags--)
        {
            var tag = reader.ReadTag(out var size);
            var end = reader.Position + size;
            if (tag == DivergingEpochTag) diverging = new EpochEnd(reader.ReadInt32(), reader.ReadInt64());
            reader.Skip(end - reader.Position);
        }

        return diverging;
    }
}

/// <summary>The largest epoch that the leader's log shares with the asker, and where it ends there (KIP-595's
/// DivergingEpoch).</summary>
/// <remarks>A follower cuts its log there, or where its own copy of that epoch ends if that is earlier.</remarks>
public readonly record struct EpochEnd(int Epoch, long EndOffset);

/// <summary>One partition of a fetch response. Places are offsets into the bytes that were read.</summary>
/// <param name="TopicIndex">Which of the response's topics, from 0.</param>
/// <param name="TopicStart">Where the topic's name (UTF-8) or id begins.</param>
/// <param name="TopicLength">Bytes of the topic's name or id.</param>
/// <param name="Partition">Which partition.</param>
/// <param name="Error">What went wrong, or none.</param>
/// <param name="HighWatermark">The offset after the last record that all in-sync replicas have; -1 on an error.</param>
/// <param name="LastStableOffset">The first offset of an open transaction, else the high watermark.</param>
/// <param name="LogStartOffset">The first offset that can still be read, or -1 before version 5.</param>
/// <param name="Diverging">Where a follower must cut its log, from version 12 on; null when the logs agree.</param>
/// <param name="RecordsStart">Where the record batches begin; the last may be cut short by the limits.</param>
/// <param name="RecordsLength">Bytes of records; -1 for null.</param>
public readonly record struct FetchedPartition(
    int TopicIndex, int TopicStart, int TopicLength, int Partition, ErrorCode Error,
    long HighWatermark, long LastStableOffset, long LogStartOffset, EpochEnd? Diverging, int RecordsStart, int RecordsLength);
