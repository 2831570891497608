using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

public static class BatchCaches
{
    public static StrategyCatalog<IBatchCaching> Catalog { get; } = new("cache",
        new StrategyCatalog<IBatchCaching>.Entry("none", "only the operating system's page cache", NoCache.Create));
}
