using System.Runtime.InteropServices;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Batches to append, versions 3-11. Reused: reading it again overwrites it, and allocates nothing after
/// warm-up.</summary>
/// <remarks>
/// <c>transactional_id(3+) acks timeout [topic [partition records]]</c>. Every place is an offset into the bytes that the
/// reader was made over, so that the broker can patch a batch's header where the bytes were received.
/// </remarks>
public sealed class ProduceRequest
{
    private readonly List<ProducePartition> _partitions = [];

    /// <summary>Null, hence nothing allocated, unless the producer is transactional.</summary>
    public string? TransactionalId { get; private set; }

    /// <summary>0: no answer at all; 1: stored by the leader; -1: stored by all in-sync replicas.</summary>
    public short Acks { get; private set; }

    public int TimeoutMs { get; private set; }

    /// <summary>All topics' partitions in the request's order.</summary>
    public ReadOnlySpan<ProducePartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    public void Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Produce, version);
        _partitions.Clear();
        TransactionalId = reader.ReadNullableString();
        Acks = reader.ReadInt16();
        TimeoutMs = reader.ReadInt32();

        var topics = reader.ReadCount();
        for (var topic = 0; topic < topics; topic++)
        {
            var topicLength = reader.ReadStringBytes().Length;
            var topicStart = reader.Position - topicLength;

            var partitions = reader.ReadCount(minItemBytes: 6);
            for (var i = 0; i < partitions; i++)
            {
                var partition = reader.ReadInt32();
                var length = reader.ReadNullableBytes(out var isNull).Length;
                _partitions.Add(new(topic, topicStart, topicLength, partition, reader.Position - length, isNull ? -1 : length));
                reader.EndStruct();
            }

            reader.EndStruct();
        }

        reader.EndStruct();
    }

    /// <summary>
    /// Writes a whole frame for one partition up to its records: length prefix, header, and body until the records' length.
    /// The records and then <see cref="Tail"/> follow, behind it in one buffer or as pieces of their own.
    /// </summary>
    /// <remarks>
    /// To send from one buffer, encode the batch first, leaving room before it, and then copy this head to end where the
    /// batch begins: the records' length is a varint from version 9 on, so the head's size depends on it.
    /// </remarks>
    public static void WriteHead(
        ref WireWriter writer, short version, int correlationId, string clientId, short acks, int timeoutMs,
        ReadOnlySpan<byte> topicUtf8, int partition, int recordsLength)
    {
        var start = Frame.Begin(ref writer);
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Produce, version);
        new RequestHeader(ApiKey.Produce, version, correlationId).Write(ref writer, clientId);
        WriteStart(ref writer, version, transactionalId: null, acks, timeoutMs, topicCount: 1);
        WriteTopic(ref writer, topicUtf8, partitionCount: 1);
        WritePartition(ref writer, partition, recordsLength);
        Frame.End(ref writer, start, sentOtherwise: recordsLength + Tail(version).Length);
    }

    /// <summary>What follows the records of a request begun with <see cref="WriteHead"/>: the ends of partition, topic and
    /// request.</summary>
    public static ReadOnlySpan<byte> Tail(short version) => ApiTable.IsFlexible(ApiKey.Produce, version) ? [0, 0, 0] : [];

    /// <summary>Begins a body of any number of topics.</summary>
    /// <remarks>Body, topics and partitions each end with <see cref="WireWriter.EndStruct"/>.</remarks>
    public static void WriteStart(
        ref WireWriter writer, short version, string? transactionalId, short acks, int timeoutMs, int topicCount)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Produce, version);
        writer.WriteNullableString(transactionalId);
        writer.WriteInt16(acks);
        writer.WriteInt32(timeoutMs);
        writer.WriteArrayLength(topicCount);
    }

    public static void WriteTopic(ref WireWriter writer, ReadOnlySpan<byte> topicUtf8, int partitionCount)
    {
        writer.WriteStringBytes(topicUtf8);
        writer.WriteArrayLength(partitionCount);
    }

    /// <summary>Begins a partition; its records follow. A length of -1 is null and nothing follows.</summary>
    public static void WritePartition(ref WireWriter writer, int partition, int recordsLength)
    {
        writer.WriteInt32(partition);
        writer.WriteBytesLength(recordsLength);
    }
}

/// <summary>One partition's records in a produce request. Places are offsets into the bytes that were read.</summary>
/// <param name="TopicIndex">Which of the request's topics, from 0.</param>
/// <param name="TopicStart">Where the topic's name, in UTF-8, begins.</param>
/// <param name="TopicLength">Bytes of the topic's name.</param>
/// <param name="Partition">The partition asked for; not checked.</param>
/// <param name="RecordsStart">Where the records begin.</param>
/// <param name="RecordsLength">Bytes of records; -1 for null.</param>
public readonly record struct ProducePartition(
    int TopicIndex, int TopicStart, int TopicLength, int Partition, int RecordsStart, int RecordsLength);
