using Engine.Core.Partitions;

namespace Engine.Broker.Partitions;

/// <summary>Takes wishes to change an in-sync set to the metadata store, off the thread that has them.</summary>
internal interface IInSyncProposals
{
    /// <summary>Wishes for one set in place of another.</summary>
    /// <param name="partition">Whose set.</param>
    /// <param name="inSync">The set that is wished for.</param>
    /// <param name="partitionEpoch">The state that it was decided on.</param>
    /// <param name="joining">Who is new in the set; it must still be in the run in which it caught up.</param>
    void Propose(Partition partition, int[] inSync, int partitionEpoch, JoiningReplica? joining);

    /// <summary>This node's log of the partition failed: it is to leave the set, and to lead no more.</summary>
    void GiveUp(Partition partition);
}
