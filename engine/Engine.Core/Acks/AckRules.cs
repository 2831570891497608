using Engine.Core.Partitions;
using Engine.Core.Strategies;

namespace Engine.Core.Acks;

/// <summary>The ack rules by the number that a produce request carries: 0 and 1 mean what they mean everywhere, -1 what the node was started with.</summary>
/// <param name="all">What acks=all (-1) asks for.</param>
public sealed class AckRules(IAckRule all)
{
    /// <summary>acks=0: the producer does not even listen.</summary>
    public static IAckRule None { get; } = new NoneAck();

    /// <summary>acks=1: the leader has it.</summary>
    public static IAckRule Leader { get; } = new LeaderAck();

    /// <summary>What acks=all can stand for.</summary>
    public static StrategyCatalog<IAckRule> Catalog { get; } = new(
        "acks",
        new("all", "every in-sync replica has it", AllAck.Create),
        new("quorum", "a majority of the assigned replicas has it, the leader included; the slowest in-sync one is not waited for", QuorumAck.Create),
        new("durable", "every in-sync replica has it and has flushed it, and they are a majority of the assigned ones", DurableAck.Create));

    /// <summary>Null for a number that means nothing; the answer is INVALID_REQUIRED_ACKS.</summary>
    public IAckRule? For(short acks) => acks switch { 0 => None, 1 => Leader, -1 => all, _ => null };

    private sealed class NoneAck : IAckRule
    {
        public Progress? AnswerAt => null;

        public ErrorCode Admits(ReplicatedPartition partition) => ErrorCode.None;

        public ErrorCode Answer(ReplicatedPartition partition) => ErrorCode.None;
    }

    private sealed class LeaderAck : IAckRule
    {
        public Progress? AnswerAt => Progress.Stored;

        public ErrorCode Admits(ReplicatedPartition partition) => ErrorCode.None;

        public ErrorCode Answer(ReplicatedPartition partition) => ErrorCode.None;
    }
}
