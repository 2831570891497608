using Engine.Broker.Checks;
using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>What a partition takes from its topic's configuration and the node's.</summary>
internal sealed record PartitionSettings
{
    public required LogOptions Log { get; init; }

    /// <summary>The smallest in-sync set with which acks=all is answered.</summary>
    public int MinInSync { get; init; } = 1;

    /// <summary>The largest batch taken, in bytes, header included.</summary>
    public int MaxBatchBytes { get; init; } = 1_048_588;

    /// <summary>Whether the topic is compacted: then a record without a key belongs to nothing that could replace it.</summary>
    public bool IsCompacted { get; init; }

    /// <summary>Whether old records may be deleted, by the clock or by request.</summary>
    public bool IsDeleted { get; init; } = true;

    /// <summary>How far a timestamp may lie before the time its batch arrives, in milliseconds.</summary>
    public long TimestampBeforeMaxMs { get; init; } = long.MaxValue;

    /// <summary>How far a timestamp may lie after the time its batch arrives, in milliseconds.</summary>
    public long TimestampAfterMaxMs { get; init; } = long.MaxValue;

    /// <summary>What is looked at of batches before they are appended.</summary>
    public IBatchCheck Check { get; init; } = new CrcCheck();

    /// <summary>Whether acks=all asks for flushed records: then this replica flushes before it acknowledges as a follower.</summary>
    public bool FlushesForAcks { get; init; }

    /// <summary>How long a producer that sends nothing is remembered.</summary>
    public TimeSpan ProducerIdExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How long a follower may lag before it is dropped from the in-sync set.</summary>
    public TimeSpan ReplicaLagMax { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is asked of a batch that arrives now, in milliseconds since the Unix epoch.</summary>
    public BatchLimits LimitsAt(long nowMs) => BatchLimits.At(nowMs, MaxBatchBytes, TimestampBeforeMaxMs, TimestampAfterMaxMs, needsKeys: IsCompacted);
}
