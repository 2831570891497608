using System.Runtime.InteropServices;
using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>What became of each partition's batch, versions 3-11. Reused: allocates nothing after warm-up but error messages
/// read.</summary>
/// <remarks>
/// <c>[topic [partition error base_offset log_append_time log_start_offset(5+)
/// [record_error](8+) message(8+)]] throttle</c>.
/// The leader hint of version 10 (KIP-951) is a tagged field and left out; clients then ask for metadata.
/// </remarks>
public sealed class ProduceResponse
{
    private readonly List<ProducedPartition> _partitions = [];
    private readonly WireBuffer _topics = new(256);

    public int ThrottleTimeMs { get; private set; }

    /// <summary>All topics' partitions in the request's order.</summary>
    public ReadOnlySpan<ProducedPartition> Partitions => CollectionsMarshal.AsSpan(_partitions);

    /// <summary>The name of the topic that this partition belongs to, in UTF-8, valid until the next change.</summary>
    public ReadOnlySpan<byte> Topic(in ProducedPartition partition) =>
        _topics.Written.Slice(partition.TopicStart, partition.TopicLength);

    public void Clear()
    {
        _partitions.Clear();
        _topics.Clear();
        ThrottleTimeMs = 0;
    }

    /// <summary>Adds one partition's answer; partitions of one topic are added in a row, as the request named
    /// them.</summary>
    /// <param name="topicUtf8">The topic's name; copied when its index differs from the last one's.</param>
    /// <param name="topicIndex">Which of the request's topics, from 0.</param>
    /// <param name="partition">The partition as asked.</param>
    /// <param name="error">What went wrong, or none.</param>
    /// <param name="baseOffset">The first record's offset; -1 on an error.</param>
    /// <param name="logAppendTimeMs">The broker's time when the topic stamps records itself, else -1.</param>
    /// <param name="logStartOffset">The first offset that can still be read, or -1.</param>
    /// <param name="errorMessage">Says more than the code, for versions 8 and up.</param>
    public void Add(
        ReadOnlySpan<byte> topicUtf8, int topicIndex, int partition, ErrorCode error,
        long baseOffset, long logAppendTimeMs, long logStartOffset, string? errorMessage = null)
    {
        var topicStart = _topics.Length - topicUtf8.Length;
        if (_partitions.Count == 0 || _partitions[^1].TopicIndex != topicIndex)
        {
            topicStart = _topics.Length;
            new WireWriter(_topics).WriteRaw(topicUtf8);
        }

        _partitions.Add(new(
            topicIndex, topicStart, topicUtf8.Length, partition, error,
            baseOffset, logAppendTimeMs, logStartOffset, errorMessage));
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Produce, version);
        writer.WriteArrayLength(CountTopics());
        for (var first = 0; first < _partitions.Count;)
        {
            var count = CountPartitionsFrom(first);
            writer.WriteStringBytes(Topic(_partitions[first]));
            writer.WriteArrayLength(count);
            foreach (ref readonly var partition in Partitions.Slice(first, count))
                WritePartition(ref writer, version, in partition);
            writer.EndStruct();
            first += count;
        }

        writer.WriteInt32(ThrottleTimeMs);
        writer.EndStruct();
    }

    public void Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Produce, version);
        Clear();
        var topics = reader.ReadCount();
        for (var topic = 0; topic < topics; topic++)
        {
            var name = reader.ReadStringBytes();
            var partitions = reader.ReadCount(minItemBytes: 22);
            for (var i = 0; i < partitions; i++) ReadPartition(ref reader, version, name, topic);
            reader.EndStruct();
        }

        ThrottleTimeMs = reader.ReadInt32();
        reader.EndStruct();
    }

    private static void WritePartition(ref WireWriter writer, short version, in ProducedPartition partition)
    {
        writer.WriteInt32(partition.Partition);
        writer.WriteInt16((short)partition.Error);
        writer.WriteInt64(partition.BaseOffset);
        writer.WriteInt64(partition.LogAppendTimeMs);
        if (version >= 5) writer.WriteInt64(partition.LogStartOffset);
        if (version >= 8)
        {
            writer.WriteArrayLength(0); // errors of single records: the engine judges whole batches
            writer.WriteNullableString(partition.ErrorMessage);
        }

        writer.EndStruct();
    }

    private void ReadPartition(ref WireReader reader, short version, ReadOnlySpan<byte> topic, int topicIndex)
    {
        var partition = reader.ReadInt32();
        var error = (ErrorCode)reader.ReadInt16();
        var baseOffset = reader.ReadInt64();
        var logAppendTimeMs = reader.ReadInt64();
        var logStartOffset = version >= 5 ? reader.ReadInt64() : -1;
        string? message = null;
        if (version >= 8)
        {
            for (var errors = reader.ReadCount(minItemBytes: 5); errors > 0; errors--)
            {
                reader.ReadInt32();
                reader.SkipNullableString();
                reader.EndStruct();
            }

            message = reader.ReadNullableString();
        }

        reader.EndStruct();
        Add(topic, topicIndex, partition, error, baseOffset, logAppendTimeMs, logStartOffset, message);
    }

    private int CountTopics()
    {
        var topics = 0;
        for (var first = 0; first < _partitions.Count; first += CountPartitionsFrom(first)) topics++;
        return topics;
    }

    private int CountPartitionsFrom(int first)
    {
        var next = first + 1;
        while (next < _partitions.Count && _partitions[next].TopicIndex == _partitions[first].TopicIndex) next++;
        return next - first;
    }
}

/// <summary>One partition's answer; its topic's name is <see cref="ProduceResponse.Topic"/>.</summary>
public readonly record struct ProducedPartition(
    int TopicIndex, int TopicStart, int TopicLength, int Partition, ErrorCode Error,
    long BaseOffset, long LogAppendTimeMs, long LogStartOffset, string? ErrorMessage);
