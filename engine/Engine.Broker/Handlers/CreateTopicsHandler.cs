using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Creates topics. Every node can; the answer comes when the topics are in place on all live nodes.</summary>
/// <remarks>Blocks on the metadata store, that is on a disk.</remarks>
internal sealed class CreateTopicsHandler(IMetadataStore store, NodeSettings node)
{
    public CreateTopicsResponse Handle(CreateTopicsRequest request, short version)
    {
        CreatedTopic[] answers = [];
        var created = store.Update(state =>
        {
            // Each topic is decided on the state that the ones before it leave.
            var records = new List<ClusterRecord>();
            answers = [.. request.Topics.GroupBy(topic => topic.Name).Select(same =>
            {
                var answer = Decide(ref state, [.. same], request.ValidateOnly, version, out var record);
                if (record is not null) records.Add(record);
                return answer;
            })];
            return request.ValidateOnly ? null : records;
        });
        if (created) TopicCreation.WaitUntilKnown(store);
        return new CreateTopicsResponse { Topics = answers };
    }

    private CreatedTopic Decide(
        ref ClusterState state, NewTopic[] same, bool validateOnly, short version, out TopicCreated? record)
    {
        record = null;
        var topic = same[0];
        var problem = same.Length > 1
            ? new TopicProblem(ErrorCode.InvalidRequest, $"Topic '{topic.Name}' is given more than once.")
            : CheckCounts(topic, version);
        problem ??= TopicCreation.TryDecide(state, topic, Guid.NewGuid(), node, out record);
        if (problem is not null)
            return new CreatedTopic { Name = topic.Name, Error = problem.Error, ErrorMessage = problem.Message };

        state = state.Apply(record!);
        return new CreatedTopic
        {
            Name = topic.Name,
            TopicId = validateOnly ? Guid.Empty : record!.Id,
            PartitionCount = record!.Partitions.Count,
            ReplicationFactor = (short)record.Partitions[0].Replicas.Length,
            Configs = [.. ConfigText.OfTopic(record.Config, node.TopicDefaults).Select(setting =>
                new CreatedTopicSetting(setting.Key.Name, setting.Value, ReadOnly: false, setting.Source, IsSensitive: false))],
        };
    }

    // Before version 4 (KIP-464) −1 was no count. With assignments it always had to be.
    private static TopicProblem? CheckCounts(NewTopic topic, short version)
    {
        if (version >= 4 || topic.Assignments.Count > 0) return null;
        if (topic.PartitionCount < 1)
            return TopicCreation.BadPartitionCount(topic.PartitionCount);
        return topic.ReplicationFactor < 1 ? TopicCreation.BadReplicationFactor(topic.ReplicationFactor) : null;
    }
}
