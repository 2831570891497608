namespace Engine.Core.Cluster;

/// <summary>What a node records about its own leaderships, when it comes and when it goes.</summary>
/// <remarks>What becomes of those of a node that cannot speak for itself is <see cref="LeaderElection"/>'s.</remarks>
public static class Leadership
{
    /// <summary>What a node that starts again records about the partitions that it holds.</summary>
    /// <remarks>
    /// It leads what it led, each time in a new epoch, as the followers must be able to tell the two reigns apart (KIP-101). But a
    /// node that may have lost the end of its logs is as good as a new one: it leaves the in-sync sets, and its leaderships go to
    /// others that hold all that was acknowledged; it comes back in once it has caught up. Were it to lead, they would cut their logs
    /// to its shorter one. One that is down is waited for rather than passed over. Only where no other may lead does it lead with
    /// what it has. Source: KIP-966, unclean shutdown.
    /// </remarks>
    /// <param name="mayHaveLost">Whether records that the node had acknowledged may be gone from its disk.</param>
    public static IEnumerable<PartitionChanged> Return(ClusterState state, int nodeId, bool mayHaveLost) =>
        from topic in state.Topics
        from indexed in topic.Partitions.Index()
        let change = Return(state, nodeId, mayHaveLost, topic.Id, indexed.Index, indexed.Item)
        where change is not null
        select change;

    /// <summary>What a node records before it stops: its leaderships go to others that are in sync and alive, where there are any.</summary>
    /// <remarks>The in-sync sets stay as they are until it is gone: until then it follows and holds what they hold.</remarks>
    public static IEnumerable<PartitionChanged> HandOver(ClusterState state, int nodeId) =>
        from topic in state.Topics
        from indexed in topic.Partitions.Index()
        where indexed.Item.Leader == nodeId
        let heir = indexed.Item.Isr.FirstOrDefault(node => node != nodeId && state.IsAlive(node), -1)
        where heir >= 0
        select indexed.Item.LedBy(heir, topic.Id, indexed.Index);

    /// <summary>What a node records about a partition whose log failed while it runs: it leads it no more and is not in sync.</summary>
    /// <returns>Null when there is nothing to leave, or nobody to leave it to.</returns>
    public static PartitionChanged? GiveUp(ClusterState state, int nodeId, Guid topicId, int index) =>
        state.FindTopic(topicId)?.Partitions[index] is { } partition ? Leave(state, nodeId, topicId, index, partition) : null;

    private static PartitionChanged? Return(
        ClusterState state, int nodeId, bool mayHaveLost, Guid topicId, int index, PartitionState partition)
    {
        if (mayHaveLost && Leave(state, nodeId, topicId, index, partition) is { } left) return left;
        return partition.Leader == nodeId ? partition.LedBy(nodeId, topicId, index) : null;
    }

    private static PartitionChanged? Leave(ClusterState state, int nodeId, Guid topicId, int index, PartitionState partition)
    {
        if (!partition.Isr.Contains(nodeId) && !partition.Eligible.Contains(nodeId)) return null;

        var (others, eligible) = (partition.Isr.Remove(nodeId), partition.Eligible.Remove(nodeId));
        // While the set was below the minimum nothing was committed that those beside it lack.
        if (others.IsEmpty) (others, eligible) = (eligible, []);
        if (others.IsEmpty) return null;

        var (leader, leaderEpoch) = (partition.Leader, partition.LeaderEpoch);
        if (leader == nodeId) (leader, leaderEpoch) = (others.FirstOrDefault(state.IsAlive, others[0]), leaderEpoch + 1);
        return new PartitionChanged(topicId, index, leader, leaderEpoch, others, partition.Epoch + 1) { Eligible = eligible };
    }
}
