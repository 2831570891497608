using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Leaves flushing to the operating system: replication, not the disk, keeps what was acknowledged.</summary>
/// <remarks>Closed segments and a clean stop are flushed all the same, so that a restart need not read everything.</remarks>
internal sealed class OsCacheFlush : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new OsCacheFlush();

    public bool HoldsAcknowledgement => false;

    public Instant FlushAt(in UnflushedTail tail) => Instant.Never;
}
