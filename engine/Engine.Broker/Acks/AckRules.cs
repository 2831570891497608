using Engine.Core;
using Engine.Core.Partitions;

namespace Engine.Broker.Acks;

/// <summary>The ack rules by the number that a produce request carries.</summary>
internal static class AckRules
{
    private static readonly NoneAck None = new();
    private static readonly LeaderAck Leader = new();
    private static readonly AllAck All = new();

    /// <summary>Null for a number that means nothing; the answer is INVALID_REQUIRED_ACKS.</summary>
    public static IAckRule? For(short acks) => acks switch { 0 => None, 1 => Leader, -1 => All, _ => null };

    /// <summary>acks=0: the producer does not even listen.</summary>
    private sealed class NoneAck : IAckRule
    {
        public Progress? AnswerAt => null;

        public ErrorCode Admits(ReplicatedPartition partition) => ErrorCode.None;

        public ErrorCode Answer(ReplicatedPartition partition) => ErrorCode.None;
    }

    /// <summary>acks=1: the leader has it.</summary>
    private sealed class LeaderAck : IAckRule
    {
        public Progress? AnswerAt => Progress.Stored;

        public ErrorCode Admits(ReplicatedPartition partition) => ErrorCode.None;

        public ErrorCode Answer(ReplicatedPartition partition) => ErrorCode.None;
    }

    /// <summary>acks=all (-1): every in-sync replica has it, and they are at least min.insync.replicas.</summary>
    private sealed class AllAck : IAckRule
    {
        public Progress? AnswerAt => Progress.Committed;

        public ErrorCode Admits(ReplicatedPartition partition) =>
            partition.InSync.Count < partition.MinInSync ? ErrorCode.NotEnoughReplicas : ErrorCode.None;

        public ErrorCode Answer(ReplicatedPartition partition) =>
            partition.InSync.Count < partition.MinInSync ? ErrorCode.NotEnoughReplicasAfterAppend : ErrorCode.None;
    }
}
