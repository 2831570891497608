using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>The parameter that all caches have: <c>budget</c>, the most memory for all logs of the node together.</summary>
internal static class CacheBudget
{
    private const long Smallest = 128 << 10;
    private const long Largest = 1L << 40;

    public static CacheMemory Of(StrategySpec spec, Func<int, CacheBlock> allocate)
    {
        var budget = spec.Bytes("budget", 256 << 20);
        return budget is >= Smallest and <= Largest ? new CacheMemory(budget, allocate)
            : throw new StrategyException($"{spec.Name}(budget={Quantity.FormatBytes(budget)}): the budget must be between 128KiB and 1TiB.");
    }
}
