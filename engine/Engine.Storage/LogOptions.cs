using Engine.Storage.Compaction;

namespace Engine.Storage;

/// <summary>How one partition's log is cut into segments and how long it keeps them.</summary>
public sealed record LogOptions
{
    /// <summary>The most bytes a segment file takes before the next one starts; 1 KiB to 1 GiB. Default 256 MiB.</summary>
    /// <remarks>What is appended at once is never split: a run of batches larger than this has a segment to itself.</remarks>
    public long SegmentBytes { get; init; } = 256L << 20;

    /// <summary>The age of its first batch at which a segment is closed, full or not. 0 or less: never by age. Default 7 days.</summary>
    public TimeSpan SegmentAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The bytes the log keeps at least; older whole segments beyond them are dropped. Negative: no limit. Default -1.</summary>
    public long RetentionBytes { get; init; } = -1;

    /// <summary>The age of a segment's youngest record past which it is dropped. Negative: never. Default 7 days.</summary>
    public TimeSpan RetentionAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of log between two entries of the sparse indexes; at least 1. Default 4 KiB, as in Kafka.</summary>
    public int IndexIntervalBytes { get; init; } = 4096;

    /// <summary>The largest batch a producer may send, in bytes. Checked by the broker, not by the log. Default as in Kafka.</summary>
    public int MaxBatchBytes { get; init; } = 1_048_588;

    /// <summary>Whether every batch was appended with a CRC that matches its bytes, so that one that does not match is damage.
    /// Where nobody checked, it may also be how its producer sent it.</summary>
    public bool HoldsSoundCrcs { get; init; } = true;

    /// <summary>Whether what is found when the log is opened is flushed, so that <see cref="PartitionLog.FlushedOffset"/> tells of it too.</summary>
    public bool FlushesWhatItFinds { get; init; }

    /// <summary>How the log is compacted; null: it is not.</summary>
    public CompactionOptions? Compaction { get; init; }

    /// <summary>Everything that is wrong with these values, one line each; empty when they can be used.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        if (SegmentBytes is < 1024 or > 1L << 30) problems.Add($"segment bytes {SegmentBytes} must be between 1 KiB and 1 GiB");
        if (IndexIntervalBytes < 1) problems.Add($"index interval bytes {IndexIntervalBytes} must be at least 1");
        if (MaxBatchBytes < 1) problems.Add($"max batch bytes {MaxBatchBytes} must be at least 1");
        return problems;
    }
}
