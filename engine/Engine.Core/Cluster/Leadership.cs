namespace Engine.Core.Cluster;

/// <summary>Decides who takes leadership.</summary>
public static class Leadership
{
    /// <summary>What a node that starts again records about the partitions that it holds.</summary>
    /// <remarks>
    /// It leads what it led, each time in a new epoch, as the followers must be able to tell the two reigns apart (KIP-101). But a
    /// node that may have lost the end of its logs is as good as a new one: it leaves the in-sync sets, and its leaderships go to
    /// others that are in sync and hold all that was acknowledged; it comes back in once it has caught up. Were it to lead, they
    /// would cut their logs to its shorter one. One that is down is waited for rather than passed over. Only where no other is
    /// in sync does it lead with what it has. Source: KIP-966, unclean shutdown.
    /// </remarks>
    /// <param name="mayHaveLost">Whether records that the node had acknowledged may be gone from its disk.</param>
    public static IEnumerable<PartitionChanged> Return(ClusterState state, int nodeId, bool mayHaveLost) =>
        from topic in state.Topics
        from indexed in topic.Partitions.Index()
        let change = Return(state, nodeId, mayHaveLost, topic.Id, indexed.Index, indexed.Item)
        where change is not null
        select change;

    private static PartitionChanged? Return(
        ClusterState state, int nodeId, bool mayHaveLost, Guid topicId, int index, PartitionState partition)
    {
        var (isr, next) = (partition.Isr, partition.Epoch + 1);
        if (mayHaveLost && isr.Length > 1 && isr.Contains(nodeId))
        {
            var others = isr.Remove(nodeId);
            if (partition.Leader != nodeId) return new PartitionChanged(topicId, index, partition.Leader, partition.LeaderEpoch, others, next);
            var heir = others.FirstOrDefault(state.IsAlive, others[0]);
            return new PartitionChanged(topicId, index, heir, partition.LeaderEpoch + 1, others, next);
        }

        return partition.Leader == nodeId ? new PartitionChanged(topicId, index, nodeId, partition.LeaderEpoch + 1, isr, next) : null;
    }
}
