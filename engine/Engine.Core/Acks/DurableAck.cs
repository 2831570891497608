using Engine.Core.Partitions;
using Engine.Core.Strategies;

namespace Engine.Core.Acks;

/// <summary>Every in-sync replica has it and has flushed it, and they are a majority of the assigned ones. Whatever the flush policy.</summary>
/// <remarks>
/// Survives the power of all nodes at once. A majority of flushed copies alone would not do that while leaders are elected from the
/// in-sync set: after such a loss the member that comes back last leads, and it could be the one that had not flushed. So all that may
/// be elected are waited for, and a replica joins the set only with what it has flushed. The leader's wait has its log flushed at once,
/// one flush for all that wait; followers flush what came before they acknowledge it. All nodes need to run with this rule: a
/// follower that does not flush for its acknowledgements is waited for until the request's time is over.
/// </remarks>
public sealed class DurableAck : IAckRule
{
    public static IAckRule Create(StrategySpec spec) => new DurableAck();

    public Progress? AnswerAt => Progress.Flushed;

    public bool NeedsFlush => true;

    public ErrorCode Admits(ReplicatedPartition partition) => HasEnough(partition) ? ErrorCode.None : ErrorCode.NotEnoughReplicas;

    public ErrorCode Answer(ReplicatedPartition partition) => HasEnough(partition) ? ErrorCode.None : ErrorCode.NotEnoughReplicasAfterAppend;

    private static bool HasEnough(ReplicatedPartition partition) => partition.InSync.Count >= Math.Max(partition.MinInSync, partition.Majority);
}
