using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Flushes every append before it returns: the strictest and slowest, bound by the disk's flush rate.</summary>
internal sealed class EveryBatchFlush : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new EveryBatchFlush();

    public bool HoldsAcknowledgement => true;

    public Instant FlushAt(in UnflushedTail tail) => Instant.AtOnce;
}
