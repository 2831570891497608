using Engine.Core.Partitions;
using Engine.Core.Strategies;

namespace Engine.Core.Acks;

/// <summary>A majority of the assigned replicas has it, the leader included: as fast as the middle one, not as the slowest.</summary>
/// <remarks>
/// Weaker than <see cref="AllAck"/>, and knowingly so: leaders are elected from the in-sync set, and a member that still lacks the
/// record may be the one. Then it is lost although it was acknowledged, and although a majority had it; the other members cut
/// their logs to the new leader's. Consumers never saw it, as the high watermark goes on waiting for the whole in-sync set. A system
/// that elects the longest log of a majority, as Raft does, has no such window; this rule shows what waiting for less would save.
/// Batches are taken only while a majority is in sync, so that what is taken can be expected to be acknowledged.
/// </remarks>
public sealed class QuorumAck : IAckRule
{
    public static IAckRule Create(StrategySpec spec) => new QuorumAck();

    public Progress? AnswerAt => Progress.HeldByMajority;

    public ErrorCode Admits(ReplicatedPartition partition) =>
        partition.InSync.Count < Math.Max(partition.MinInSync, partition.Majority) ? ErrorCode.NotEnoughReplicas : ErrorCode.None;

    public ErrorCode Answer(ReplicatedPartition partition) =>
        partition.InSync.Count < partition.MinInSync ? ErrorCode.NotEnoughReplicasAfterAppend : ErrorCode.None;
}
