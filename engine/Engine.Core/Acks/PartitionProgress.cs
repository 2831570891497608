using Engine.Core.Partitions;

namespace Engine.Core.Acks;

/// <summary>How far batches of a partition have come.</summary>
public static class PartitionProgress
{
    /// <summary>The offset before which every record of the leader's log has come as far as <paramref name="progress"/>.</summary>
    /// <param name="end">Where the leader's log ends.</param>
    /// <param name="stored">Before which it is as durable as its flush policy promises.</param>
    /// <param name="flushed">Before which it is flushed.</param>
    public static long Reached(this ReplicatedPartition partition, Progress progress, long end, long stored, long flushed) => progress switch
    {
        Progress.Appended => end,
        Progress.Stored => stored,
        Progress.HeldByMajority => partition.MajorityEnd,
        Progress.Flushed => partition.FlushedEnd(flushed),
        _ => partition.HighWatermark,
    };
}
