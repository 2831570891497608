using Engine.Core.Strategies;

namespace Engine.Storage.Write;

public static class WritePaths
{
    public static StrategyCatalog<IWritePath> Catalog { get; } = new("write",
        new("pagecache", "pwrite into the page cache, disk blocks reserved ahead", PageCacheWrite.Create),
        new("gather", "pwritev: small appends are held back for it where acknowledgements wait for a flush", GatherWrite.Create),
        new("mapped", "copied into the segment's file mapped into memory", MappedWrite.Create),
        new("memory", "segments in memory only (memfd): survives nothing, the upper bound", MemoryWrite.Create),
        new("direct", "O_DIRECT writes of aligned blocks, several in flight, past the page cache", DirectWrite.Create));
}
