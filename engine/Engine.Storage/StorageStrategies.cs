using Engine.Core.Strategies;
using Engine.Storage.Cache;
using Engine.Storage.Flush;
using Engine.Storage.Read;
using Engine.Storage.Write;

namespace Engine.Storage;

/// <summary>The storage strategies of a node: one choice for each seam, shared by all its logs.</summary>
public sealed record StorageStrategies
{
    public required Strategy<IWritePath> Write { get; init; }

    public required Strategy<IFlushPolicy> Flush { get; init; }

    public required Strategy<IReadPath> Read { get; init; }

    public required Strategy<IBatchCaching> Cache { get; init; }

    /// <summary>Makes each strategy from its text, such as <c>interval(100ms)</c>; null: the seam's default.</summary>
    /// <exception cref="StrategyException">A text names no strategy or an unknown parameter.</exception>
    public static StorageStrategies Create(string? write = null, string? flush = null, string? read = null, string? cache = null) => new()
    {
        Write = WritePaths.Catalog.Create(write ?? WritePaths.Catalog.Default),
        Flush = FlushPolicies.Catalog.Create(flush ?? FlushPolicies.Catalog.Default),
        Read = ReadPaths.Catalog.Create(read ?? ReadPaths.Catalog.Default),
        Cache = BatchCaches.Catalog.Create(cache ?? BatchCaches.Catalog.Default),
    };
}
