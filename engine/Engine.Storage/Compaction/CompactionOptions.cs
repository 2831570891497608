namespace Engine.Storage.Compaction;

/// <summary>How a log that is compacted is: each key keeps its last record.</summary>
public sealed record CompactionOptions
{
    /// <summary>The share of the log's bytes that must be new since the last time; 0 to 1. Default 0.5, as in Kafka.</summary>
    public double MinDirtyRatio { get; init; } = 0.5;

    /// <summary>How long a record without a value, which deletes its key, stays for slow readers to see. Default a day.</summary>
    public TimeSpan DeleteRetention { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How old a segment's youngest record must be before any of its records may be removed. Default 0.</summary>
    public TimeSpan MinLag { get; init; }

    /// <summary>How long a silent producer's last batch is kept, emptied, for its sequence number. Default a day.</summary>
    public TimeSpan ProducerExpiry { get; init; } = TimeSpan.FromDays(1);
}

/// <summary>What compacting a log came to.</summary>
/// <param name="BytesBefore">Bytes of the segments gone through.</param>
/// <param name="BytesAfter">Bytes of those that took their places.</param>
/// <param name="RecordsRemoved">Records that a later one of the same key replaced, and deletions that had been kept long enough.</param>
/// <param name="BatchesUnread">Batches that were left as they are because their records could not be read.</param>
/// <param name="CleanedOffset">Before it, no key has two records, but for those of unread batches.</param>
public sealed record CompactionReport(long BytesBefore, long BytesAfter, long RecordsRemoved, long BatchesUnread, long CleanedOffset);
