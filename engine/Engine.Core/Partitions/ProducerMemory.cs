using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Engine.Core.Partitions;

/// <summary>What is remembered of one idempotent producer: its epoch and its last few batches.</summary>
public struct ProducerMemory(long producerId, short epoch, long lastSeenMs)
{
    /// <summary>Kafka's producers keep at most five requests in flight, so a retry is always among the last five batches.</summary>
    public const int BatchesKept = 5;

    private Kept _batches;
    private int _count;

    public long ProducerId { get; } = producerId;

    public short Epoch { get; private set; } = epoch;

    /// <summary>When its last batch came, in milliseconds since the Unix epoch by this node's clock.</summary>
    public long LastSeenMs { get; private set; } = lastSeenMs;

    /// <summary>The batches of its present epoch that are remembered, the oldest first.</summary>
    [UnscopedRef]
    public readonly ReadOnlySpan<RememberedBatch> Batches => ((ReadOnlySpan<RememberedBatch>)_batches)[.._count];

    /// <summary>The sequence number of its last record; 0 when nothing is remembered.</summary>
    public readonly int LastSequence => _count == 0 ? 0 : _batches[_count - 1].Last;

    /// <summary>Adds a batch, in place of the oldest if need be; one of another epoch in place of all.</summary>
    public void Remember(in BatchSequence batch, long baseOffset, long nowMs)
    {
        if (batch.Epoch != Epoch) (Epoch, _count) = (batch.Epoch, 0);
        if (_count == BatchesKept) ((ReadOnlySpan<RememberedBatch>)_batches)[1..].CopyTo(_batches);
        else _count++;

        _batches[_count - 1] = new RememberedBatch(batch.First, batch.Last, baseOffset);
        LastSeenMs = nowMs;
    }

    [InlineArray(BatchesKept)]
    private struct Kept
    {
        private RememberedBatch _first;
    }
}

/// <summary>One batch of a producer: its sequence numbers, and where it was stored.</summary>
public readonly record struct RememberedBatch(int First, int Last, long BaseOffset);
