using System.Collections.Immutable;
using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;

namespace Engine.Broker.Handlers;

/// <summary>The rules by which a topic may be created: a pure decision on a snapshot.</summary>
/// <remarks>Source: Kafka's <c>ReplicationControlManager.createTopic</c>, with its order of checks.</remarks>
internal static class TopicCreation
{
    // A client asks the leader next, which may be another node: told too early it gets "unknown topic" and backs off. A node
    // that is stuck for longer must not stop the others' topics.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Waits until the live nodes have what was just created.</summary>
    public static void WaitUntilKnown(IMetadataStore store) => store.WaitForNodes(store.State.Version, Patience);

    /// <summary>The record that creates the topic, or why it may not be.</summary>
    /// <param name="state">The cluster as it is, earlier topics of the same request included.</param>
    /// <param name="topic">What is asked for; counts of −1 mean the node's defaults, or that assignments say it.</param>
    /// <param name="id">The id that the topic gets.</param>
    /// <param name="node">Whose defaults apply.</param>
    /// <param name="created">The record, when there is no problem.</param>
    /// <returns>The problem, or null.</returns>
    public static TopicProblem? TryDecide(
        ClusterState state, NewTopic topic, Guid id, NodeSettings node, out TopicCreated created)
    {
        created = null!;
        if (TopicName.Problem(topic.Name) is { } badName)
            return new(ErrorCode.InvalidTopic, $"The name '{topic.Name}' {badName}.");
        if (state.FindTopic(topic.Name) is not null)
            return new(ErrorCode.TopicAlreadyExists, $"Topic '{topic.Name}' already exists.");
        if (state.FindCollision(topic.Name) is { } other)
            return new(ErrorCode.InvalidTopic,
                $"The name '{topic.Name}' collides with the topic '{other.Name}': '.' and '_' count as the same.");
        foreach (var setting in topic.Configs)
        {
            if (TopicConfig.Problem(setting.Name, setting.Value) is { } badSetting)
                return new(ErrorCode.InvalidConfig, badSetting);
        }


        var problem = topic.Assignments.Count > 0
            ? TryAssign(state, topic, out var partitions)
            : TrySpread(state, topic, node, out partitions);
        if (problem is not null) return problem;
        if (state.PartitionCount + (long)partitions.Count > node.MaxPartitions)
            return TooMany(state, partitions.Count, node);

        // The last of two values for one setting is the one meant, as in Kafka.
        var config = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var setting in topic.Configs) config[setting.Name] = setting.Value!;
        created = new TopicCreated(topic.Name, id, config.ToImmutable(), partitions);
        return null;
    }

    private static TopicProblem? TrySpread(
        ClusterState state, NewTopic topic, NodeSettings node, out ImmutableList<PartitionState> partitions)
    {
        partitions = [];
        var count = topic.PartitionCount == NewTopic.BrokerDefault ? node.DefaultPartitions : topic.PartitionCount;
        if (count < 1) return BadPartitionCount(count);
        // Before anything of that size is made.
        if (state.PartitionCount + (long)count > node.MaxPartitions) return TooMany(state, count, node);

        var live = state.LiveBrokers.Select(broker => broker.NodeId).ToList();
        var factor = topic.ReplicationFactor == NewTopic.BrokerDefault ? node.DefaultReplicationFactor : topic.ReplicationFactor;
        if (factor < 1) return BadReplicationFactor(factor);
        if (factor > live.Count)
            return new(ErrorCode.InvalidReplicationFactor, $"{factor} replicas need as many brokers and {live.Count} are alive.");

        partitions = Assignment.Spread(live, count, factor, start: state.PartitionCount);
        return null;
    }

    private static TopicProblem? TryAssign(ClusterState state, NewTopic topic, out ImmutableList<PartitionState> partitions)
    {
        partitions = [];
        if (topic.PartitionCount != NewTopic.BrokerDefault || topic.ReplicationFactor != NewTopic.BrokerDefault)
            return new(ErrorCode.InvalidRequest, "Counts must be -1 when the assignment is given.");

        var builder = ImmutableList.CreateBuilder<PartitionState>();
        foreach (var assignment in topic.Assignments.OrderBy(assignment => assignment.Partition))
        {
            if (assignment.Partition != builder.Count)
                return new(ErrorCode.InvalidReplicaAssignment, "Partitions must be numbered from 0 on, each once.");
            if (assignment.BrokerIds.Count == 0 || assignment.BrokerIds.Distinct().Count() != assignment.BrokerIds.Count)
                return new(ErrorCode.InvalidReplicaAssignment,
                    $"Partition {assignment.Partition} needs one or more brokers, each once.");
            // Also for Kafka all replicas of a topic have the same count.
            if (assignment.BrokerIds.Count != topic.Assignments[0].BrokerIds.Count)
                return new(ErrorCode.InvalidReplicaAssignment, "All partitions must have the same number of replicas.");
            foreach (var broker in assignment.BrokerIds)
                if (!state.IsAlive(broker)) return new(ErrorCode.InvalidReplicaAssignment, $"There is no live broker {broker}.");
            builder.Add(PartitionState.New([.. assignment.BrokerIds]));
        }

        partitions = builder.ToImmutable();
        return null;
    }

    public static TopicProblem BadPartitionCount(int count) =>
        new(ErrorCode.InvalidPartitions, $"A topic cannot have {count} partitions: give 1 or more.");

    public static TopicProblem BadReplicationFactor(int factor) =>
        new(ErrorCode.InvalidReplicationFactor, $"A partition cannot have {factor} replicas: give 1 or more.");

    private static TopicProblem TooMany(ClusterState state, int count, NodeSettings node) => new(ErrorCode.PolicyViolation,
        $"{count} partitions with the {state.PartitionCount} there are would exceed the limit of {node.MaxPartitions}.");
}

/// <summary>Why a topic cannot be created.</summary>
internal sealed record TopicProblem(ErrorCode Error, string Message);
