using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Asks for the brokers and for topics' partitions. Versions 0-12.</summary>
public sealed record MetadataRequest
{
    /// <summary>The topics asked for; empty for none, null for all (which version 0 writes as empty).</summary>
    public IReadOnlyList<MetadataRequestTopic>? Topics { get; init; }

    /// <summary>Whether a topic asked for may be created (4+; always before).</summary>
    public bool AllowAutoTopicCreation { get; init; } = true;

    /// <summary>8-10.</summary>
    public bool IncludeClusterAuthorizedOperations { get; init; }

    /// <summary>8+.</summary>
    public bool IncludeTopicAuthorizedOperations { get; init; }

    public static MetadataRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Metadata, version);
        var request = new MetadataRequest
        {
            Topics = version == 0
                ? reader.ReadList(version, MetadataRequestTopic.Read) is { Count: > 0 } named ? named : null
                : reader.ReadNullableList(version, MetadataRequestTopic.Read),
            AllowAutoTopicCreation = version < 4 || reader.ReadBool(),
            IncludeClusterAuthorizedOperations = version is >= 8 and <= 10 && reader.ReadBool(),
            IncludeTopicAuthorizedOperations = version >= 8 && reader.ReadBool(),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Metadata, version);
        writer.WriteList(version == 0 ? Topics ?? [] : Topics, version, MetadataRequestTopic.Write);
        if (version >= 4) writer.WriteBool(AllowAutoTopicCreation);
        if (version is >= 8 and <= 10) writer.WriteBool(IncludeClusterAuthorizedOperations);
        if (version >= 8) writer.WriteBool(IncludeTopicAuthorizedOperations);
        writer.EndStruct();
    }
}

/// <param name="Name">Null (10+) when the topic is asked for by its id.</param>
/// <param name="TopicId">10+; all zeros when the topic is asked for by its name.</param>
public sealed record MetadataRequestTopic(string? Name, Guid TopicId = default)
{
    internal static MetadataRequestTopic Read(ref WireReader reader, short version)
    {
        var id = version >= 10 ? reader.ReadUuid() : default;
        var name = version >= 10 ? reader.ReadNullableString() : reader.ReadString();
        reader.EndStruct();
        return new(name, id);
    }

    internal static void Write(MetadataRequestTopic topic, ref WireWriter writer, short version)
    {
        if (version >= 10) writer.WriteUuid(topic.TopicId);
        writer.WriteNullableString(topic.Name);
        writer.EndStruct();
    }
}

/// <summary>The brokers, who controls them, and the topics asked for. Versions 0-12.</summary>
public sealed record MetadataResponse
{
    /// <summary>What "authorized operations" says when it was not asked for.</summary>
    public const int OperationsNotAsked = int.MinValue;

    /// <summary>3+.</summary>
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<MetadataBroker> Brokers { get; init; } = [];

    /// <summary>2+.</summary>
    public string? ClusterId { get; init; }

    /// <summary>1+; one of <see cref="Brokers"/>, where clients send topic creations.</summary>
    public int ControllerId { get; init; } = -1;

    public IReadOnlyList<MetadataTopic> Topics { get; init; } = [];

    /// <summary>8-10.</summary>
    public int ClusterAuthorizedOperations { get; init; } = OperationsNotAsked;

    public static MetadataResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.Metadata, version);
        var response = new MetadataResponse
        {
            ThrottleTimeMs = version >= 3 ? reader.ReadInt32() : 0,
            Brokers = reader.ReadList(version, MetadataBroker.Read),
            ClusterId = version >= 2 ? reader.ReadNullableString() : null,
            ControllerId = version >= 1 ? reader.ReadInt32() : -1,
            Topics = reader.ReadList(version, MetadataTopic.Read),
            ClusterAuthorizedOperations = version is >= 8 and <= 10 ? reader.ReadInt32() : OperationsNotAsked,
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.Metadata, version);
        if (version >= 3) writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Brokers, version, MetadataBroker.Write);
        if (version >= 2) writer.WriteNullableString(ClusterId);
        if (version >= 1) writer.WriteInt32(ControllerId);
        writer.WriteList(Topics, version, MetadataTopic.Write);
        if (version is >= 8 and <= 10) writer.WriteInt32(ClusterAuthorizedOperations);
        writer.EndStruct();
    }
}

/// <param name="NodeId">0 or more; clients use negative ids for bootstrap addresses.</param>
/// <param name="Host">Where clients connect from now on.</param>
/// <param name="Port">The port there.</param>
/// <param name="Rack">1+.</param>
public sealed record MetadataBroker(int NodeId, string Host, int Port, string? Rack = null)
{
    internal static MetadataBroker Read(ref WireReader reader, short version)
    {
        var broker = new MetadataBroker(
            reader.ReadInt32(), reader.ReadString(), reader.ReadInt32(), version >= 1 ? reader.ReadNullableString() : null);
        reader.EndStruct();
        return broker;
    }

    internal static void Write(MetadataBroker broker, ref WireWriter writer, short version)
    {
        writer.WriteInt32(broker.NodeId);
        writer.WriteString(broker.Host);
        writer.WriteInt32(broker.Port);
        if (version >= 1) writer.WriteNullableString(broker.Rack);
        writer.EndStruct();
    }
}

public sealed record MetadataTopic
{
    public ErrorCode Error { get; init; }

    /// <summary>Null only in version 12, for an id that no topic has.</summary>
    public string? Name { get; init; }

    /// <summary>10+; the topic's for as long as it lives, another when it is created anew.</summary>
    public Guid TopicId { get; init; }

    /// <summary>1+.</summary>
    public bool IsInternal { get; init; }

    public IReadOnlyList<MetadataPartition> Partitions { get; init; } = [];

    /// <summary>8+.</summary>
    public int AuthorizedOperations { get; init; } = MetadataResponse.OperationsNotAsked;

    internal static MetadataTopic Read(ref WireReader reader, short version)
    {
        var topic = new MetadataTopic
        {
            Error = (ErrorCode)reader.ReadInt16(),
            Name = version >= 12 ? reader.ReadNullableString() : reader.ReadString(),
            TopicId = version >= 10 ? reader.ReadUuid() : default,
            IsInternal = version >= 1 && reader.ReadBool(),
            Partitions = reader.ReadList(version, MetadataPartition.Read),
            AuthorizedOperations = version >= 8 ? reader.ReadInt32() : MetadataResponse.OperationsNotAsked,
        };
        reader.EndStruct();
        return topic;
    }

    internal static void Write(MetadataTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteInt16((short)topic.Error);
        if (version >= 12) writer.WriteNullableString(topic.Name);
        else writer.WriteString(topic.Name ?? "");
        if (version >= 10) writer.WriteUuid(topic.TopicId);
        if (version >= 1) writer.WriteBool(topic.IsInternal);
        writer.WriteList(topic.Partitions, version, MetadataPartition.Write);
        if (version >= 8) writer.WriteInt32(topic.AuthorizedOperations);
        writer.EndStruct();
    }
}

public sealed record MetadataPartition
{
    /// <summary>LEADER_NOT_AVAILABLE when there is no leader.</summary>
    public ErrorCode Error { get; init; }

    public int Partition { get; init; }

    /// <summary>-1 when there is none.</summary>
    public int LeaderId { get; init; }

    /// <summary>7+.</summary>
    public int LeaderEpoch { get; init; } = -1;

    public IReadOnlyList<int> Replicas { get; init; } = [];

    public IReadOnlyList<int> InSyncReplicas { get; init; } = [];

    /// <summary>5+.</summary>
    public IReadOnlyList<int> OfflineReplicas { get; init; } = [];

    internal static MetadataPartition Read(ref WireReader reader, short version)
    {
        var partition = new MetadataPartition
        {
            Error = (ErrorCode)reader.ReadInt16(),
            Partition = reader.ReadInt32(),
            LeaderId = reader.ReadInt32(),
            LeaderEpoch = version >= 7 ? reader.ReadInt32() : -1,
            Replicas = reader.ReadInt32Array(),
            InSyncReplicas = reader.ReadInt32Array(),
            OfflineReplicas = version >= 5 ? reader.ReadInt32Array() : [],
        };
        reader.EndStruct();
        return partition;
    }

    internal static void Write(MetadataPartition partition, ref WireWriter writer, short version)
    {
        writer.WriteInt16((short)partition.Error);
        writer.WriteInt32(partition.Partition);
        writer.WriteInt32(partition.LeaderId);
        if (version >= 7) writer.WriteInt32(partition.LeaderEpoch);
        writer.WriteInt32Array(partition.Replicas);
        writer.WriteInt32Array(partition.InSyncReplicas);
        if (version >= 5) writer.WriteInt32Array(partition.OfflineReplicas);
        writer.EndStruct();
    }
}
