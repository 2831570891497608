namespace Engine.Core.Cluster;

/// <summary>Decides who takes leadership.</summary>
public static class Leadership
{
    /// <summary>
    /// What a node that starts again records: it leads what it led, each time in a new epoch, because its log may have lost
    /// what it had not flushed and the followers must be able to tell the two reigns apart (KIP-101).
    /// </summary>
    public static IEnumerable<PartitionChanged> Retake(ClusterState state, int nodeId) =>
        from topic in state.Topics
        from indexed in topic.Partitions.Index()
        let partition = indexed.Item
        where partition.Leader == nodeId
        select new PartitionChanged(
            topic.Id, indexed.Index, nodeId, partition.LeaderEpoch + 1, partition.Isr, partition.Epoch + 1);
}
