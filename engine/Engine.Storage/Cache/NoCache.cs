using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>Keeps nothing: the page cache holds what was just written anyway, and sendfile serves from there without a copy.</summary>
internal sealed class NoCache : IBatchCaching, IBatchCache
{
    public static IBatchCaching Create(StrategySpec spec) => new NoCache();

    public (long Hits, long Misses) Counts => default;

    public IBatchCache Create() => this;

    public bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        slice = default;
        return false;
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
