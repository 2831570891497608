using Engine.Core;
using Engine.Core.Strategies;

namespace Engine.Storage.Flush;

/// <summary>Flushes every n-th batch of a partition before its append returns; Kafka's <c>flush.messages</c>, counted in batches.</summary>
/// <remarks>
/// Acknowledgements do not wait, or a producer would wait for others' batches that may never come: a power cut takes at most the last
/// n - 1 acknowledged batches of each partition. The appending thread flushes, so that this bound is a promise and not a wish.
/// </remarks>
internal sealed class EveryNFlush(int batches) : IFlushPolicy
{
    public static IFlushPolicy Create(StrategySpec spec) => new EveryNFlush(batches: spec.Count("batches", 100));

    public bool HoldsAcknowledgement => false;

    public Instant FlushAt(in UnflushedTail tail) => tail.Batches >= batches ? Instant.AtOnce : Instant.Never;
}
