using Engine.Core.Strategies;

namespace Engine.Storage.Write;

public static class WritePaths
{
    public static StrategyCatalog<IWritePath> Catalog { get; } = new("write",
        new("pagecache", "pwrite into the page cache, disk blocks reserved ahead", PageCacheWrite.Create),
        new("direct", "O_DIRECT pwrite of aligned blocks, past the page cache", DirectWrite.Create));
}
