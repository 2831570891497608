namespace Engine.Storage.Cache;

/// <summary>Whether and how a node keeps batches in its own memory besides the operating system's page cache.</summary>
public interface IBatchCaching
{
    /// <summary>What all of the node's caches came to so far.</summary>
    CacheCounts Counts { get; }

    /// <summary>A cache for one log.</summary>
    IBatchCache Create();
}

/// <summary>Reads answered from memory, reads that were not, and the memory that is taken now, of at most the budget.</summary>
public readonly record struct CacheCounts(long Hits, long Misses, long HeldBytes, long BudgetBytes);

/// <summary>One log's cache. <see cref="Put"/> and <see cref="Truncate"/> come from the log's writer, all else from anyone.</summary>
public interface IBatchCache : IDisposable
{
    /// <summary>Reads answered, and reads left to the file.</summary>
    (long Hits, long Misses) Counts { get; }

    /// <summary>Changes with every <see cref="Truncate"/>. Asked before a reader looks where the log ends, it tells <see cref="Fill"/> that nothing was replaced since.</summary>
    long Version { get; }

    /// <summary>
    /// A slice that starts with the batch holding <paramref name="offset"/> and ends on a batch boundary at or before
    /// <paramref name="bound"/>, as long as <paramref name="maxBytes"/> allows; its first batch comes whole whatever its size when
    /// <paramref name="atLeastOneBatch"/>. False: not in memory, read the file. Allocates nothing.
    /// </summary>
    bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice);

    /// <summary>
    /// A read that was not answered has found its batches in a file: a cache that keeps what is read takes them from there and answers
    /// with them, possibly with fewer.
    /// </summary>
    /// <returns>As of a log's read; null when the cache leaves the read to the read path.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    ReadOutcome? Fill(in CacheMiss miss, bool mayWait, out LogSlice slice);

    /// <summary>The read path has answered a read.</summary>
    void Missed();

    /// <summary>Takes a copy of batches just written at the log's end, <paramref name="baseOffset"/>; there may be gaps before and between them.</summary>
    void Put(ReadOnlySpan<byte> batches, long baseOffset);

    /// <summary>Forgets everything from <paramref name="endOffset"/> on, a batch boundary. Called before the log is cut there and after.</summary>
    void Truncate(long endOffset);
}

/// <summary>Batches that a read wants and no cache holds.</summary>
/// <param name="File">Where they are; the caller holds a reference.</param>
/// <param name="Position">Where they begin.</param>
/// <param name="Count">Their bytes, of which the last batch may be cut off.</param>
/// <param name="Offset">The offset asked for, which the first of them holds or lies before.</param>
/// <param name="Version">The cache's version before the reader looked where the log ends.</param>
public readonly record struct CacheMiss(SegmentFile File, long Position, int Count, long Offset, long Version);
