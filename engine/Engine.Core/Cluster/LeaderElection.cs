using System.Collections.Immutable;

namespace Engine.Core.Cluster;

/// <summary>Decides who leads when leaders die and who counts as in sync when followers do: what the controller records.</summary>
/// <remarks>
/// A pure function of the state: whoever is the controller decides alike, and one that dies half-way leaves the rest to the next.
/// A leader comes from those that hold everything committed, in the order of the assignment: the in-sync set, else those that
/// left it below min.insync.replicas (<see cref="PartitionState.Eligible"/>). Where none of them lives there is no leader, and who
/// may lead is kept: the first of them to come back does. Source: Kafka's PartitionChangeBuilder, KIP-966.
/// </remarks>
public static class LeaderElection
{
    /// <summary>The records that the present state calls for; none when all is settled. Each of them may be appended alone.</summary>
    /// <remarks>
    /// A dead leader is replaced. A dead follower leaves the in-sync set, so that producers need not wait until it has lagged for
    /// long enough. The last living member makes the set its own; where none lives the whole set stays, since each of them may
    /// hold what was committed last.
    /// </remarks>
    /// <param name="state">What the nodes agree on.</param>
    /// <param name="defaults">What topics have that do not say otherwise; all nodes of a cluster are to be started with the same.</param>
    /// <param name="settled">A state that called for nothing: what has not changed since is passed over.</param>
    public static IEnumerable<PartitionChanged> Changes(ClusterState state, TopicConfig defaults, ClusterState? settled = null)
    {
        var sameBrokers = ReferenceEquals(state.Brokers, settled?.Brokers);
        foreach (var topic in state.Topics)
        {
            if (sameBrokers && ReferenceEquals(topic, settled!.FindTopic(topic.Id))) continue;

            var index = 0;
            foreach (var partition in topic.Partitions)
            {
                if (!IsSettled(state, partition) && Change(state, topic, index, partition, defaults.With(topic.Config)) is { } change) yield return change;
                index++;
            }
        }
    }

    /// <summary>The records that bring leadership back to the first of each assignment, where that is in sync again.</summary>
    /// <remarks>For balance only, so apart from <see cref="Changes"/>: it costs clients a look for the new leader.</remarks>
    public static IEnumerable<PartitionChanged> Preferred(ClusterState state) =>
        from topic in state.Topics
        from indexed in topic.Partitions.Index()
        let preferred = indexed.Item.Replicas[0]
        where indexed.Item.Leader >= 0 && indexed.Item.Leader != preferred && indexed.Item.Isr.Contains(preferred) && state.IsAlive(preferred)
        select indexed.Item.LedBy(preferred, topic.Id, indexed.Index);

    // The common case, for each partition after each death or return: no setting is looked up.
    private static bool IsSettled(ClusterState state, PartitionState partition)
    {
        foreach (var node in partition.Isr)
            if (!state.IsAlive(node)) return false;
        return partition.Leader >= 0;
    }

    private static PartitionChanged? Change(ClusterState state, Topic topic, int index, PartitionState now, TopicConfig config)
    {
        ImmutableArray<int> living = [.. now.Isr.Where(state.IsAlive)];
        if (!living.IsEmpty)
        {
            var leader = living.Contains(now.Leader) ? now.Leader : now.Replicas.First(node => living.Contains(node));
            return leader == now.Leader && living.Length == now.Isr.Length ? null : To(leader, living, now.EligibleBeside(living, config.MinInsyncReplicas));
        }

        if (FirstLiving(now.Eligible) is { } eligible) return To(eligible, [eligible], now.EligibleBeside([eligible], config.MinInsyncReplicas));
        // What the others held that this one lacks is given up, so they are as good as any other replica from then on.
        if (config.UncleanLeaderElection && FirstLiving(now.Replicas) is { } any) return To(any, [any], []);
        return now.Leader < 0 ? null : To(-1, now.Isr, now.Eligible);

        int? FirstLiving(ImmutableArray<int> among)
        {
            foreach (var node in now.Replicas)
                if (among.Contains(node) && state.IsAlive(node)) return node;
            return null;
        }

        PartitionChanged To(int leader, ImmutableArray<int> inSync, ImmutableArray<int> eligibleBeside) =>
            new(topic.Id, index, leader, now.LeaderEpoch + (leader == now.Leader ? 0 : 1), inSync, now.Epoch + 1) { Eligible = eligibleBeside };
    }
}
