using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>Deletes topics. Versions 1-6; before 6 an array of plain names.</summary>
public sealed record DeleteTopicsRequest
{
    public IReadOnlyList<TopicToDelete> Topics { get; init; } = [];

    public int TimeoutMs { get; init; } = 60_000;

    public static DeleteTopicsRequest Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DeleteTopics, version);
        var request = new DeleteTopicsRequest
        {
            Topics = reader.ReadList(version, TopicToDelete.Read),
            TimeoutMs = reader.ReadInt32(),
        };
        reader.EndStruct();
        return request;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DeleteTopics, version);
        writer.WriteList(Topics, version, TopicToDelete.Write);
        writer.WriteInt32(TimeoutMs);
        writer.EndStruct();
    }
}

/// <param name="Name">Null (6+) when the topic is given by its id.</param>
/// <param name="TopicId">6+; all zeros when the topic is given by its name.</param>
public sealed record TopicToDelete(string? Name, Guid TopicId = default)
{
    internal static TopicToDelete Read(ref WireReader reader, short version)
    {
        if (version < 6) return new(reader.ReadString());

        var topic = new TopicToDelete(reader.ReadNullableString(), reader.ReadUuid());
        reader.EndStruct();
        return topic;
    }

    internal static void Write(TopicToDelete topic, ref WireWriter writer, short version)
    {
        if (version < 6)
        {
            writer.WriteString(topic.Name ?? "");
            return;
        }

        writer.WriteNullableString(topic.Name);
        writer.WriteUuid(topic.TopicId);
        writer.EndStruct();
    }
}

/// <summary>What became of each topic. Versions 1-6.</summary>
public sealed record DeleteTopicsResponse
{
    public int ThrottleTimeMs { get; init; }

    public IReadOnlyList<DeletedTopic> Topics { get; init; } = [];

    public static DeleteTopicsResponse Read(ref WireReader reader, short version)
    {
        reader.Flexible = ApiTable.IsFlexible(ApiKey.DeleteTopics, version);
        var response = new DeleteTopicsResponse
        {
            ThrottleTimeMs = reader.ReadInt32(),
            Topics = reader.ReadList(version, DeletedTopic.Read),
        };
        reader.EndStruct();
        return response;
    }

    public void Write(ref WireWriter writer, short version)
    {
        writer.Flexible = ApiTable.IsFlexible(ApiKey.DeleteTopics, version);
        writer.WriteInt32(ThrottleTimeMs);
        writer.WriteList(Topics, version, DeletedTopic.Write);
        writer.EndStruct();
    }
}

/// <param name="Name">Null (6+) for an id that no topic has.</param>
/// <param name="TopicId">6+.</param>
/// <param name="Error">What went wrong, or none.</param>
/// <param name="ErrorMessage">5+.</param>
public sealed record DeletedTopic(string? Name, Guid TopicId, ErrorCode Error, string? ErrorMessage = null)
{
    internal static DeletedTopic Read(ref WireReader reader, short version)
    {
        var topic = new DeletedTopic(
            version >= 6 ? reader.ReadNullableString() : reader.ReadString(),
            version >= 6 ? reader.ReadUuid() : default,
            (ErrorCode)reader.ReadInt16(),
            version >= 5 ? reader.ReadNullableString() : null);
        reader.EndStruct();
        return topic;
    }

    internal static void Write(DeletedTopic topic, ref WireWriter writer, short version)
    {
        if (version >= 6)
        {
            writer.WriteNullableString(topic.Name);
            writer.WriteUuid(topic.TopicId);
        }
        else
        {
            writer.WriteString(topic.Name ?? "");
        }

        writer.WriteInt16((short)topic.Error);
        if (version >= 5) writer.WriteNullableString(topic.ErrorMessage);
        writer.EndStruct();
    }
}
