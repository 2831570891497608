using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

public static class BatchCaches
{
    public static StrategyCatalog<IBatchCaching> Catalog { get; } = new("cache",
        new("none", "only the operating system's page cache", NoCache.Create),
        new("heap-tail", "each log's newest batches in the process's own memory", HeapTailCaching.Create));
}
