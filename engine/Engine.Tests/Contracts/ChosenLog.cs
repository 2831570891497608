using Engine.Core.Strategies;
using Engine.Storage;
using Engine.Storage.Flush;
using Engine.Storage.Native;
using Engine.Storage.Write;
using Engine.Tests.Storage;

namespace Engine.Tests.Contracts;

/// <summary>Logs under strategies named by a text such as <c>write=direct flush=dsync</c>; what it leaves out is the default.</summary>
internal static class ChosenLog
{
    public static readonly LogOptions SmallSegments = new() { SegmentBytes = 32 << 10, IndexIntervalBytes = 1024 };

    /// <summary>Every write path under every flush policy.</summary>
    public static IEnumerable<string> EveryWriteAndFlush =>
        from write in Names(WritePaths.Catalog) from flush in Names(FlushPolicies.Catalog) select $"write={write} flush={flush}";

    public static IEnumerable<string> Names(IStrategyCatalog catalog) => catalog.Strategies.Select(strategy => strategy.Name);

    public static ScratchLog Open(string choice, LogOptions? options = null, FileCalls? calls = null, string? parent = null) =>
        new(options ?? SmallSegments, Strategies(choice), calls, onDisk: NeedsDisk(choice), parent: parent ?? (NeedsDisk(choice) ? MemoryDisk.Shared?.Path : null));

    /// <summary>Whether the log cannot lie in a tmpfs, where there is no O_DIRECT.</summary>
    public static bool NeedsDisk(string choice) => choice.Contains("direct", StringComparison.Ordinal);

    public static StorageStrategies Strategies(string choice)
    {
        var chosen = choice.Split(' ').Select(part => part.Split('=', 2)).ToDictionary(part => part[0], part => part[1]);
        return StorageStrategies.Create(
            chosen.GetValueOrDefault("write"), chosen.GetValueOrDefault("flush"), chosen.GetValueOrDefault("read"), chosen.GetValueOrDefault("cache"));
    }
}
