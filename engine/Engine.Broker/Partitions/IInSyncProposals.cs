namespace Engine.Broker.Partitions;

/// <summary>Takes wishes to change an in-sync set to the metadata store, off the thread that has them.</summary>
internal interface IInSyncProposals
{
    void Propose(Partition partition, int[] inSync, int partitionEpoch);
}
