using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Opens segments with O_DSYNC: each write is durable when it returns, with no call of its own for it.</summary>
/// <remarks>
/// Promises what <see cref="EveryBatchFlush"/> promises at one system call less, and writes only that append's bytes: an fdatasync
/// writes everything dirty in the file. Source: open(2), O_DSYNC.
/// </remarks>
internal sealed class DsyncFlush : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new DsyncFlush();

    public bool HoldsAcknowledgement => true;

    public bool WritesThrough => true;

    public Instant FlushAt(in UnflushedTail tail) => Instant.AtOnce;
}
