using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>As heap-lru, in memory outside of the managed heap: side by side they show what the garbage collector makes of a large cache.</summary>
internal static class NativeCaching
{
    public static IBatchCaching Create(StrategySpec spec) =>
        new ChunkCaching(CacheBudget.Of(spec, bytes => new NativeBlock(bytes)), isByUse: true, keepsReads: true);
}
