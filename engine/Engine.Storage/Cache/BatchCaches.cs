using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

public static class BatchCaches
{
    public static StrategyCatalog<IBatchCaching> Catalog { get; } = new("cache",
        new("none", "only the operating system's page cache", NoCache.Create),
        new("heap-tail", "what was appended last, on the managed heap", HeapTailCaching.Create),
        new("heap-lru", "what was appended or read last, on the managed heap", HeapLruCaching.Create),
        new("native", "as heap-lru, in memory outside of the managed heap", NativeCaching.Create));
}
