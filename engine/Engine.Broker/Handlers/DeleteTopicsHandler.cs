using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Deletes topics by name or by id. The answer comes when this node has let go of them.</summary>
/// <remarks>Blocks on the metadata store, that is on a disk.</remarks>
internal sealed class DeleteTopicsHandler(IMetadataStore store)
{
    public DeleteTopicsResponse Handle(DeleteTopicsRequest request)
    {
        DeletedTopic[] answers = [];
        store.Update(state =>
        {
            answers = [.. request.Topics.GroupBy(topic => topic).Select(same => Decide(state, same.Key, same.Count()))];
            // The same topic may be named and given by its id: it goes once.
            var ids = answers.Where(answer => answer.Error == ErrorCode.None).Select(answer => answer.TopicId).Distinct();
            return [.. ids.Select(id => new TopicDeleted(id))];
        });
        return new DeleteTopicsResponse { Topics = answers };
    }

    private static DeletedTopic Decide(ClusterState state, TopicToDelete asked, int times)
    {
        var (name, id) = asked;
        if (times > 1)
            return new(name, id, ErrorCode.InvalidRequest, "The topic is given more than once.");
        if (name is null == (id == Guid.Empty))
            return new(name, id, ErrorCode.InvalidRequest, "Give each topic's name or its id, not both.");
        if ((name is null ? state.FindTopic(id) : state.FindTopic(name)) is { } topic)
            return new(topic.Name, topic.Id, ErrorCode.None);

        return name is null
            ? new(null, id, ErrorCode.UnknownTopicId, $"There is no topic with the id {id}.")
            : new(name, Guid.Empty, ErrorCode.UnknownTopicOrPartition, $"There is no topic '{name}'.");
    }
}
