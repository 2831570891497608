using Engine.Core.Partitions;
using Engine.Core.Strategies;

namespace Engine.Core.Acks;

/// <summary>Every in-sync replica has it, and they are at least min.insync.replicas: what Kafka means by acks=all.</summary>
/// <remarks>Survives the loss of all replicas but one of the in-sync set. How durable each copy is says the flush policy.</remarks>
public sealed class AllAck : IAckRule
{
    public static IAckRule Create(StrategySpec spec) => new AllAck();

    public Progress? AnswerAt => Progress.Committed;

    public ErrorCode Admits(ReplicatedPartition partition) =>
        partition.InSync.Count < partition.MinInSync ? ErrorCode.NotEnoughReplicas : ErrorCode.None;

    public ErrorCode Answer(ReplicatedPartition partition) =>
        partition.InSync.Count < partition.MinInSync ? ErrorCode.NotEnoughReplicasAfterAppend : ErrorCode.None;
}
