using Engine.Core.Strategies;

namespace Engine.Storage.Read;

public static class ReadPaths
{
    public static StrategyCatalog<IReadPath> Catalog { get; } = new("read",
        new("sendfile", "a file range that the kernel copies to the socket", SendfileRead.Create),
        new("positioned", "pread into a pooled block", PositionedRead.Create),
        new("mapped", "the segment's file mapped into memory", MappedRead.Create));
}
