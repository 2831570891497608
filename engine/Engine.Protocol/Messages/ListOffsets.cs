using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks for the offset of a moment or of an end of the log. Versions 1-8.</summary>
public sealed record ListOffsetsRequest
{
    /// <summary>A partition's end: its high watermark for consumers.</summary>
    public const long Latest = -1;

    /// <summary>The first offset that can still be read.</summary>
    public const long Earliest = -2;

    /// <summary>The record with the largest timestamp (7+).</summary>
    public const long MaxTimestamp = -3;

    /// <summary>The first offset on the broker's own disk (8+): the earliest, for there is no other place.</summary>
    public const long EarliestLocal = -4;

    /// <summary>-1 when a consumer asks.</summary>
    public int ReplicaId { get; init; } = -1;

    /// <summary>0 read uncommitted, 1 read committed (2+).</summary>
    public sbyte IsolationLevel { get; init; }

    public IReadOnlyList<ListOffsetsTopic> Topics { get; init; } = [];

    public static ListOffsetsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.ListOffsets, version);
        var request = new ListOffsetsRequest
        {
            ReplicaId = reader.ReadInt32(),
            IsolationLevel = version >= 2 ? reader.ReadInt8() : (sbyte)0,
            Topics = reader.ReadList(version, ListOffsetsTopic.Read),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.ListOffsets, version);
        writer.WriteInt32(ReplicaId);
        if (version >= 2) writer.WriteInt8(IsolationLevel);
        writer.WriteList(Topics, version, ListOffsetsTopic.Write);
        writer.EndStruct();
    }
}

public sealed record ListOffsetsTopic(string Name, IReadOnlyList<ListOffsetsPartition> Partitions)
{
    internal static ListOffsetsTopic Read(ref WireReader reader, short version)
    {
        var topic = new ListOffsetsTopic(reader.ReadString(), reader.ReadList(version, ListOffsetsPartition.Read));
        reader.EndStruct();
        return topic;
    }

    internal static void Write(ListOffsetsTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        writer.WriteList(topic.Partitions, version, ListOffsetsPartition.Write);
        writer.EndStruct();
    }
}

/// <param name="Partition">Which partition.</param>
/// <param name="Timestamp">Milliseconds since the Unix epoch, or one of the request's negative constants.</param>
/// <param name="CurrentLeaderEpoch">The epoch the asker believes in (4+), or -1 for no check.</param>
public sealed record ListOffsetsPartition(int Partition, long Timestamp, int CurrentLeaderEpoch = -1)
{
    internal static ListOffsetsPartition Read(ref WireReader reader, short version)
    {
        var partition = reader.ReadInt32();
        var currentLeaderEpoch = version >= 4 ? reader.ReadInt32() : -1;
        var timestamp = reader.ReadInt64();
        reader.EndStruct();
        return new(partition, timestamp, currentLeaderEpoch);
    }

    internal static void Write(ListOffsetsPartition partition, ref WireWriter writer, short version)
    {
        writer.WriteInt32(partition.Partition);
        if (version >= 4) writer.WriteInt32(partition.CurrentLeaderEpoch);
        writer.WriteInt64(partition.Timestamp);
        writer.EndStruct();
    }
}

/// <summary>The offsets asked for. Versions 1-8.</summary>
public sealed record ListOffsetsResponse
{
    /// <summary>2+.</summary>
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<ListedOffsetsTopic> Topics { get; init; } = [];

    public static ListOffsetsResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.ListOffsets, version);
        var response = new ListOffsetsResponse
        {
            ThrottleTimeMs = version >= 2 ? reader.ReadInt32() : 0,
            Topics = reader.ReadList(version, ListedOffsetsTopic.Read),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.ListOffsets, version);
        if (version >= 2) writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Topics, version, ListedOffsetsTopic.Write);
        writer.EndStruct();
    }
}

public sealed record ListedOffsetsTopic(string Name, IReadOnlyList<ListedOffset> Partitions)
{
    internal static ListedOffsetsTopic Read(ref WireReader reader, short version)
    {
        var topic = new ListedOffsetsTopic(reader.ReadString(), reader.ReadList(version, ListedOffset.Read));
        reader.EndStruct();
        return topic;
    }

    internal static void Write(ListedOffsetsTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        writer.WriteList(topic.Partitions, version, ListedOffset.Write);
        writer.EndStruct();
    }
}

/// <param name="Partition">Which partition.</param>
/// <param name="Error">What went wrong; no record that young is not an error but offset -1.</param>
/// <param name="Timestamp">The record's timestamp; -1 for an end of the log.</param>
/// <param name="Offset">The offset, or -1.</param>
/// <param name="LeaderEpoch">The epoch of the record found (4+), or -1.</param>
public sealed record ListedOffset(int Partition, ErrorCode Error, long Timestamp, long Offset, int LeaderEpoch = -1)
{
    internal static ListedOffset Read(ref WireReader reader, short version)
    {
        var listed = new ListedOffset(
            reader.ReadInt32(), (ErrorCode)reader.ReadInt16(), reader.ReadInt64(), reader.ReadInt64(),
            version >= 4 ? reader.ReadInt32() : -1);
        reader.EndStruct();
        return listed;
    }

    internal static void Write(ListedOffset listed, ref WireWriter writer, short version)
    {
        writer.WriteInt32(listed.Partition);
        writer.WriteInt16((short)listed.Error);
        writer.WriteInt64(listed.Timestamp);
        writer.WriteInt64(listed.Offset);
        if (version >= 4) writer.WriteInt32(listed.LeaderEpoch);
        writer.EndStruct();
    }
}
