using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Flushes when the oldest waiting batch is <c>maxDelay</c> old, or <c>maxBytes</c> are waiting, whichever comes first.</summary>
/// <remarks>Pays up to <c>maxDelay</c> of acknowledgement latency so that one flush covers every batch in the group.</remarks>
internal sealed class GroupCommitFlush(TimeSpan maxDelay, long maxBytes) : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new GroupCommitFlush(
        maxDelay: spec.Duration("maxDelay", TimeSpan.FromMilliseconds(2)),
        maxBytes: spec.Bytes("maxBytes", 1 << 20));

    public bool HoldsAcknowledgement => true;

    public Instant FlushAt(in UnflushedTail tail) => tail.Bytes >= maxBytes ? tail.Now : tail.OldestAppend + maxDelay;
}
