using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>What simulated nodes ask before they act. Each answer is the engine's own; tests break one at a time.</summary>
internal class Rules
{
    public static readonly Rules Sound = new();

    public virtual CommitRules Commit => CommitRules.Sound;

    /// <summary>Whether acknowledgements wait for the flush where the policy says that they do.</summary>
    public virtual bool WaitsForFlush => true;

    /// <summary>Whether a follower looks at who answered, and when, before it appends.</summary>
    public virtual bool ChecksAnswers => true;

    /// <summary>Whether what followers append tells them of its producers.</summary>
    public virtual bool FollowersLearnProducers => true;

    /// <summary>Whether a proposal counts as under way until it is certain that the store will never take it.</summary>
    public virtual bool WaitsForRefusals => true;

    /// <summary>Whether a registration of a node that has ended still counts: in its fetches, and to be in sync.</summary>
    public virtual bool FencesRegistrations => true;

    /// <summary>Whether the store alone says who leads, however silent the leader is.</summary>
    public virtual bool LeavesElectionsToTheStore => true;

    /// <summary>Whether a node that the others may have taken for dead acknowledges and serves nothing.</summary>
    public virtual bool AsksForASession => true;

    /// <summary>What acks=all asks for where this rule was chosen.</summary>
    public virtual IAckRule AcksAll(IAckRule chosen) => chosen;

    /// <summary>The epoch that a leader writes into a batch.</summary>
    /// <param name="partition">Its state.</param>
    /// <param name="firstReign">The first epoch that this node led in.</param>
    public virtual int EpochOf(ReplicatedPartition partition, int firstReign) => partition.LeaderEpoch;

    public virtual ErrorCode Fences(ReplicatedPartition partition, int askedEpoch) => partition.Fences(askedEpoch);

    public virtual (int Epoch, long EndOffset)? Divergence(EpochHistory epochs, int lastEpoch, long offset, long logEnd) =>
        epochs.DivergenceFrom(lastEpoch, offset, logEnd);

    public virtual long TruncationPoint(EpochHistory epochs, (int Epoch, long EndOffset) leaders, long logEnd) =>
        epochs.TruncationPoint(leaders.Epoch, leaders.EndOffset, logEnd);

    /// <summary>Where a replica cuts its log when it begins to follow in a new epoch; that is for the leader's answer to say.</summary>
    public virtual long CutBeforeFollowing(ReplicatedPartition partition, long logEnd) => logEnd;

    /// <summary>How far consumers read.</summary>
    public virtual long ConsumerBound(ReplicatedPartition partition, long logEnd) => partition.HighWatermark;

    /// <summary>How far records may be deleted.</summary>
    public virtual long DeletableEnd(ReplicatedPartition partition, long logEnd) => partition.HighWatermark;

    /// <summary>Where a follower goes on whose leader no longer has what comes next.</summary>
    public virtual long StartsOverAt(LeaderWord leaders) => leaders.LogStart;

    public virtual IEnumerable<PartitionChanged> Elect(ClusterState state, TopicConfig defaults) => LeaderElection.Changes(state, defaults);

    public virtual IEnumerable<PartitionChanged> HandOver(ClusterState state, int node) => Leadership.HandOver(state, node);

    public virtual IEnumerable<PartitionChanged> Return(ClusterState state, int node, bool mayHaveLost) => Leadership.Return(state, node, mayHaveLost);
}
