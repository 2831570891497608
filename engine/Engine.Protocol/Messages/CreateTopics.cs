using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Creates topics. Versions 2-7.</summary>
public sealed record CreateTopicsRequest
{
    public IReadOnlyList<NewTopic> Topics { get; init; } = [];

    /// <summary>How long the asker waits for the topics to be usable.</summary>
    public int TimeoutMs { get; init; } = 60_000;

    /// <summary>Makes all checks and creates nothing.</summary>
    public bool ValidateOnly { get; init; }

    public static CreateTopicsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.CreateTopics, version);
        var request = new CreateTopicsRequest
        {
            Topics = reader.ReadList(version, NewTopic.Read),
            TimeoutMs = reader.ReadInt32(),
            ValidateOnly = reader.ReadBool(),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.CreateTopics, version);
        writer.WriteList(Topics, version, NewTopic.Write);
        writer.WriteInt32(TimeoutMs);
        writer.WriteBool(ValidateOnly);
        writer.EndStruct();
    }
}

public sealed record NewTopic
{
    /// <summary>Asks for the broker's default; as a count only from version 4 on (KIP-464).</summary>
    public const short BrokerDefault = -1;

    public string Name { get; init; } = "";

    /// <summary>-1 when <see cref="Assignments"/> say it, or for the broker's default.</summary>
    public int PartitionCount { get; init; } = BrokerDefault;

    /// <summary>-1 when <see cref="Assignments"/> say it, or for the broker's default.</summary>
    public short ReplicationFactor { get; init; } = BrokerDefault;

    /// <summary>Which brokers hold which partition, the preferred leader first; empty to leave it to the cluster.</summary>
    public IReadOnlyList<ReplicaAssignment> Assignments { get; init; } = [];

    public IReadOnlyList<TopicSetting> Configs { get; init; } = [];

    internal static NewTopic Read(ref WireReader reader, short version)
    {
        var topic = new NewTopic
        {
            Name = reader.ReadString(),
            PartitionCount = reader.ReadInt32(),
            ReplicationFactor = reader.ReadInt16(),
            Assignments = reader.ReadList(version, ReplicaAssignment.Read),
            Configs = reader.ReadList(version, TopicSetting.Read),
        };
        reader.EndStruct();
        return topic;
    }

    internal static void Write(NewTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        writer.WriteInt32(topic.PartitionCount);
        writer.WriteInt16(topic.ReplicationFactor);
        writer.WriteList(topic.Assignments, version, ReplicaAssignment.Write);
        writer.WriteList(topic.Configs, version, TopicSetting.Write);
        writer.EndStruct();
    }
}

public sealed record ReplicaAssignment(int Partition, IReadOnlyList<int> BrokerIds)
{
    internal static ReplicaAssignment Read(ref WireReader reader, short version)
    {
        var assignment = new ReplicaAssignment(reader.ReadInt32(), reader.ReadInt32Array());
        reader.EndStruct();
        return assignment;
    }

    internal static void Write(ReplicaAssignment assignment, ref WireWriter writer, short version)
    {
        writer.WriteInt32(assignment.Partition);
        writer.WriteInt32Array(assignment.BrokerIds);
        writer.EndStruct();
    }
}

/// <param name="Name">Such as <c>retention.ms</c>.</param>
/// <param name="Value">Null for the default.</param>
public sealed record TopicSetting(string Name, string? Value)
{
    internal static TopicSetting Read(ref WireReader reader, short version)
    {
        var setting = new TopicSetting(reader.ReadString(), reader.ReadNullableString());
        reader.EndStruct();
        return setting;
    }

    internal static void Write(TopicSetting setting, ref WireWriter writer, short version)
    {
        writer.WriteString(setting.Name);
        writer.WriteNullableString(setting.Value);
        writer.EndStruct();
    }
}

/// <summary>What became of each topic. Versions 2-7.</summary>
public sealed record CreateTopicsResponse
{
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<CreatedTopic> Topics { get; init; } = [];

    public static CreateTopicsResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.CreateTopics, version);
        var response = new CreateTopicsResponse
        {
            ThrottleTimeMs = reader.ReadInt32(),
            Topics = reader.ReadList(version, CreatedTopic.Read),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.CreateTopics, version);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Topics, version, CreatedTopic.Write);
        writer.EndStruct();
    }
}

public sealed record CreatedTopic
{
    public string Name { get; init; } = "";

    /// <summary>7+.</summary>
    public Guid TopicId { get; init; }

    public ErrorCode Error { get; init; }

    public string? ErrorMessage { get; init; }

    /// <summary>5+; -1 on an error.</summary>
    public int PartitionCount { get; init; } = -1;

    /// <summary>5+; -1 on an error.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>5+; null when nothing is told.</summary>
    public IReadOnlyList<CreatedTopicSetting>? Configs { get; init; }

    internal static CreatedTopic Read(ref WireReader reader, short version)
    {
        var topic = new CreatedTopic
        {
            Name = reader.ReadString(),
            TopicId = version >= 7 ? reader.ReadUuid() : default,
            Error = (ErrorCode)reader.ReadInt16(),
            ErrorMessage = reader.ReadNullableString(),
            PartitionCount = version >= 5 ? reader.ReadInt32() : -1,
            ReplicationFactor = version >= 5 ? reader.ReadInt16() : (short)-1,
            Configs = version >= 5 ? reader.ReadNullableList(version, CreatedTopicSetting.Read) : null,
        };
        reader.EndStruct();
        return topic;
    }

    internal static void Write(CreatedTopic topic, ref WireWriter writer, short version)
    {
        writer.WriteString(topic.Name);
        if (version >= 7) writer.WriteUuid(topic.TopicId);
        writer.WriteInt16((short)topic.Error);
        writer.WriteNullableString(topic.ErrorMessage);
        if (version >= 5)
        {
            writer.WriteInt32(topic.PartitionCount);
            writer.WriteInt16(topic.ReplicationFactor);
            writer.WriteList(topic.Configs, version, CreatedTopicSetting.Write);
        }

        writer.EndStruct();
    }
}

/// <summary>A setting that the created topic has, whoever set it.</summary>
public sealed record CreatedTopicSetting(string Name, string? Value, bool ReadOnly, ConfigSource Source, bool IsSensitive)
{
    internal static CreatedTopicSetting Read(ref WireReader reader, short version)
    {
        var setting = new CreatedTopicSetting(
            reader.ReadString(), reader.ReadNullableString(), reader.ReadBool(),
            (ConfigSource)reader.ReadInt8(), reader.ReadBool());
        reader.EndStruct();
        return setting;
    }

    internal static void Write(CreatedTopicSetting setting, ref WireWriter writer, short version)
    {
        writer.WriteString(setting.Name);
        writer.WriteNullableString(setting.Value);
        writer.WriteBool(setting.ReadOnly);
        writer.WriteInt8((sbyte)setting.Source);
        writer.WriteBool(setting.IsSensitive);
        writer.EndStruct();
    }
}
