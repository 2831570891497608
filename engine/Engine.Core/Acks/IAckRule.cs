using Engine.Core.Partitions;

namespace Engine.Core.Acks;

/// <summary>What a producer's <c>acks</c> asks of a partition before it is answered.</summary>
public interface IAckRule
{
    /// <summary>Which of the partition's offsets must reach the end of the batch; null: there is no answer at all.</summary>
    Progress? AnswerAt { get; }

    /// <summary>Whether the leader must have its log flushed for it, rather than wait until the flush policy does.</summary>
    bool NeedsFlush => false;

    /// <summary>Whether a batch is taken while the in-sync set is as it is.</summary>
    ErrorCode Admits(ReplicatedPartition partition);

    /// <summary>What is answered when the offset has been reached.</summary>
    ErrorCode Answer(ReplicatedPartition partition);
}

/// <summary>How far a batch has come.</summary>
public enum Progress
{
    /// <summary>Written by the leader: followers may fetch it.</summary>
    Appended,

    /// <summary>Stored by the leader as durably as the flush policy promises.</summary>
    Stored,

    /// <summary>Stored by every in-sync replica: below the high watermark.</summary>
    Committed,

    /// <summary>Stored by a majority of the assigned replicas, the leader included.</summary>
    HeldByMajority,

    /// <summary>Committed, and flushed by every in-sync replica.</summary>
    Flushed,
}
