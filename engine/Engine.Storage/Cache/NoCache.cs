using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>Keeps nothing: the page cache holds what was just written anyway, and sendfile serves from there without a copy.</summary>
internal sealed class NoCache : IBatchCaching, IBatchCache
{
    public static IBatchCaching Create(StrategySpec spec) => new NoCache();

    CacheCounts IBatchCaching.Counts => default;

    (long Hits, long Misses) IBatchCache.Counts => default;

    public long Version => 0;

    public IBatchCache Create() => this;

    public bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        slice = default;
        return false;
    }

    public ReadOutcome? Fill(in CacheMiss miss, bool mayWait, out LogSlice slice)
    {
        slice = default;
        return null;
    }

    public void Missed()
    {
        // Nothing is counted: nothing could have been hit.
    }

    public void Put(ReadOnlySpan<byte> batches, long baseOffset)
    {
        // Nothing is kept.
    }

    public void Truncate(long endOffset)
    {
        // Nothing is kept.
    }

    public void Dispose()
    {
        // Nothing is kept.
    }
}
