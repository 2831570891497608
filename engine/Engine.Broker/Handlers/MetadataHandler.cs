using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>Tells clients the brokers and who leads which partition; creates topics that are asked for and missing.</summary>
/// <remarks>
/// Blocks on the metadata store, that is on a disk, when it creates a topic; else it only reads a snapshot: the one that this node acts
/// on, and not one newer, so that a client that is told who leads is not refused by the same node a moment later.
/// </remarks>
internal sealed class MetadataHandler(IMetadataStore store, Func<ClusterState> inForce, NodeSettings node)
{
    public MetadataResponse Handle(MetadataRequest request)
    {
        var problems = node.AutoCreateTopics && request is { AllowAutoTopicCreation: true, Topics: { } named }
            ? CreateMissing(named)
            : [];
        var state = inForce();
        return new MetadataResponse
        {
            Brokers = [.. state.LiveBrokers.Select(broker => new MetadataBroker(broker.NodeId, broker.Host, broker.Port))],
            ClusterId = state.ClusterId,
            ControllerId = ControllerOf(state),
            Topics = request.Topics is { } asked
                ? [.. asked.Distinct().Select(topic => Describe(state, topic, problems))]
                : [.. state.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal).Select(topic => Describe(state, topic))],
        };
    }

    // One that has just died, or has not registered yet, is no use to a client; any other will do, as each node takes what a controller is
    // asked for.
    private int ControllerOf(ClusterState state) =>
        store.ControllerId is var controller && state.IsAlive(controller) ? controller : state.LiveBrokers.FirstOrDefault()?.NodeId ?? -1;

    // Whoever asks by id knows a topic that was there: only a name creates.
    private Dictionary<string, ErrorCode> CreateMissing(IReadOnlyList<MetadataRequestTopic> named)
    {
        var names = named.Where(topic => topic.TopicId == Guid.Empty).Select(topic => topic.Name).OfType<string>().Distinct().ToList();
        var problems = new Dictionary<string, ErrorCode>();
        var created = store.Update(state =>
        {
            problems.Clear();
            var records = new List<ClusterRecord>();
            foreach (var name in names)
            {
                if (state.FindTopic(name) is not null) continue;
                var topic = new NewTopic { Name = name };
                if (TopicCreation.TryDecide(state, topic, Guid.NewGuid(), node, out var record) is { } problem)
                {
                    problems[name] = problem.Error;
                    continue;
                }

                records.Add(record);
                state = state.Apply(record);
            }

            return records;
        });
        if (created) TopicCreation.WaitUntilKnown(store);
        return problems;
    }

    private static MetadataTopic Describe(ClusterState state, MetadataRequestTopic asked, Dictionary<string, ErrorCode> problems)
    {
        if (asked.TopicId != Guid.Empty)
        {
            return state.FindTopic(asked.TopicId) is { } byId
                ? Describe(state, byId)
                : new MetadataTopic { Error = ErrorCode.UnknownTopicId, TopicId = asked.TopicId };
        }

        var name = asked.Name ?? "";
        if (state.FindTopic(name) is { } topic) return Describe(state, topic);

        var error = TopicName.Problem(name) is not null ? ErrorCode.InvalidTopic
            : problems.GetValueOrDefault(name, ErrorCode.UnknownTopicOrPartition);
        return new MetadataTopic { Error = error, Name = name };
    }

    private static MetadataTopic Describe(ClusterState state, Topic topic) => new()
    {
        Name = topic.Name,
        TopicId = topic.Id,
        Partitions = [.. topic.Partitions.Select((partition, index) => Describe(state, partition, index))],
    };

    private static MetadataPartition Describe(ClusterState state, PartitionState partition, int index)
    {
        var led = partition.Leader != -1 && state.IsAlive(partition.Leader);
        return new MetadataPartition
        {
            Error = led ? ErrorCode.None : ErrorCode.LeaderNotAvailable,
            Partition = index,
            LeaderId = led ? partition.Leader : -1,
            LeaderEpoch = partition.LeaderEpoch,
            Replicas = partition.Replicas,
            InSyncReplicas = partition.Isr,
            OfflineReplicas = [.. partition.Replicas.Where(replica => !state.IsAlive(replica))],
        };
    }
}
