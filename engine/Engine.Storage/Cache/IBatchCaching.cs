namespace Engine.Storage.Cache;

/// <summary>Whether and how a node keeps batches in its own memory besides the operating system's page cache.</summary>
public interface IBatchCaching
{
    /// <summary>A cache for one log.</summary>
    IBatchCache Create();
}

/// <summary>One log's cache. <see cref="Put"/> and <see cref="Truncate"/> come from the log's writer, <see cref="TryGet"/> from anyone.</summary>
public interface IBatchCache : IDisposable
{
    /// <summary>Reads answered, and reads left to the file.</summary>
    (long Hits, long Misses) Counts { get; }

    /// <summary>
    /// A slice that starts with the batch holding <paramref name="offset"/> and ends on a batch boundary at or before
    /// <paramref name="bound"/>, as long as <paramref name="maxBytes"/> allows; its first batch comes whole whatever its size when
    /// <paramref name="atLeastOneBatch"/>. False: not in memory, read the file. Allocates nothing.
    /// </summary>
    bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice);

    /// <summary>Takes a copy of batches just written, the first of which has offset <paramref name="baseOffset"/>.</summary>
    void Put(ReadOnlySpan<byte> batches, long baseOffset);

    /// <summary>Forgets everything from <paramref name="endOffset"/> on, a batch boundary.</summary>
    void Truncate(long endOffset);
}
