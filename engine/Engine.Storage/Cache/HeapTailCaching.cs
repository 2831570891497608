using System.Numerics;
using Engine.Core.Strategies;

namespace Engine.Storage.Cache;

/// <summary>Keeps each log's newest batches, up to <c>budget</c> bytes a log, in the process's own memory.</summary>
/// <remarks>Reads near the end touch no file: one copy into the socket, against pread's two and sendfile's none.</remarks>
internal sealed class HeapTailCaching(long budgetBytes) : IBatchCaching
{
    public static IBatchCaching Create(StrategySpec spec)
    {
        var budget = spec.Bytes("budget", 8 << 20);
        return budget is >= 128 << 10 and <= 1 << 30 ? new HeapTailCaching(budget)
            : throw new StrategyException($"heap-tail(budget={Quantity.FormatBytes(budget)}): the budget must be between 128KiB and 1GiB.");
    }

    /// <remarks>
    /// An eighth of the budget a chunk, so that dropping the oldest loses little, but at most 1 MiB: an idle log should not hold much.
    /// </remarks>
    public IBatchCache Create() =>
        new HeapTailCache(budgetBytes, chunkBytes: (int)Math.Min(1 << 20, BitOperations.RoundUpToPowerOf2((ulong)budgetBytes / 8)));
}
