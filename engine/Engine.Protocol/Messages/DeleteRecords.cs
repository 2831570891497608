using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Deletes the oldest records of partitions, up to given offsets. Versions 0-2.</summary>
public sealed record DeleteRecordsRequest
{
    /// <summary>As an offset: everything that consumers can see, up to the high watermark.</summary>
    public const long ToHighWatermark = -1;

    public IReadOnlyList<DeleteRecordsTopic> Topics { get; init; } = [];

    /// <summary>How long all replicas are waited for.</summary>
    public int TimeoutMs { get; init; } = 60_000;

    public static DeleteRecordsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DeleteRecords, version);
        var request = new DeleteRecordsRequest
        {
            Topics = reader.ReadList(version, DeleteRecordsTopic.Read),
            TimeoutMs = reader.ReadInt32(),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DeleteRecords, version);
        writer.WriteList(Topics, version, DeleteRecordsTopic.Write);
        writer.WriteInt32(TimeoutMs);
        writer.EndStruct();
    }
}

public sealed record DeleteRecordsTopic(string Name, IReadOnlyList<DeleteRecordsPartition> Partitions)
{
    internal static DeleteRecordsTopic Read(ref WireReader reader, short version)
    {
        var topic = new DeleteRecordsTopic(reader.ReadString(), reader.ReadList(version, DeleteRecordsPartition.Read));
        reader.EndStruct();
        return topic;
    }

    internal static void Write(DeleteRecordsTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        writer.WriteList(topic.Partitions, version, DeleteRecordsPartition.Write);
        writer.EndStruct();
    }
}

/// <param name="Partition">Which partition.</param>
/// <param name="Offset">The first offset to keep, or <see cref="DeleteRecordsRequest.ToHighWatermark"/>.</param>
public sealed record DeleteRecordsPartition(int Partition, long Offset)
{
    internal static DeleteRecordsPartition Read(ref WireReader reader, short version)
    {
        var partition = new DeleteRecordsPartition(reader.ReadInt32(), reader.ReadInt64());
        reader.EndStruct();
        return partition;
    }

    internal static void Write(DeleteRecordsPartition partition, ref WireWriter writer, short version)
    {
        writer.WriteInt32(partition.Partition);
        writer.WriteInt64(partition.Offset);
        writer.EndStruct();
    }
}

/// <summary>Where the partitions' logs begin now. Versions 0-2.</summary>
public sealed record DeleteRecordsResponse
{
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<DeletedRecordsTopic> Topics { get; init; } = [];

    public static DeleteRecordsResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DeleteRecords, version);
        var response = new DeleteRecordsResponse
        {
            ThrottleTimeMs = reader.ReadInt32(),
            Topics = reader.ReadList(version, DeletedRecordsTopic.Read),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DeleteRecords, version);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Topics, version, DeletedRecordsTopic.Write);
        writer.EndStruct();
    }
}

public sealed record DeletedRecordsTopic(string Name, IReadOnlyList<DeletedRecords> Partitions)
{
    internal static DeletedRecordsTopic Read(ref WireReader reader, short version)
    {
        var topic = new DeletedRecordsTopic(reader.ReadString(), reader.ReadList(version, DeletedRecords.Read));
        reader.EndStruct();
        return topic;
    }

    internal static void Write(DeletedRecordsTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        writer.WriteList(topic.Partitions, version, DeletedRecords.Write);
        writer.EndStruct();
    }
}

/// <param name="Partition">Which partition.</param>
/// <param name="LowWatermark">The first offset that any live replica still has; -1 on an error.</param>
/// <param name="Error">What went wrong, or none.</param>
public sealed record DeletedRecords(int Partition, long LowWatermark, ErrorCode Error)
{
    internal static DeletedRecords Read(ref WireReader reader, short version)
    {
        var deleted = new DeletedRecords(reader.ReadInt32(), reader.ReadInt64(), (ErrorCode)reader.ReadInt16());
        reader.EndStruct();
        return deleted;
    }

    internal static void Write(DeletedRecords deleted, ref WireWriter writer, short version)
    {
        writer.WriteInt32(deleted.Partition);
        writer.WriteInt64(deleted.LowWatermark);
        writer.WriteInt16((short)deleted.Error);
        writer.EndStruct();
    }
}
