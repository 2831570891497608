using Engine.Core.Strategies;

namespace Engine.Storage.Write;

public static class WritePaths
{
    public static StrategyCatalog<IWritePath> Catalog { get; } = new("write",
        new StrategyCatalog<IWritePath>.Entry("pagecache", "pwrite into the page cache, disk blocks reserved ahead", PageCacheWrite.Create));
}
