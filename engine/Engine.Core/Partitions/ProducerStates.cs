using System.Runtime.InteropServices;

namespace Engine.Core.Partitions;

/// <summary>What one partition remembers of its idempotent producers, so that a retried batch is stored once. Source: KIP-98, KIP-360.</summary>
/// <remarks>Derived from the log's batches alone, so a follower or a restarted node that has the batches has this too.</remarks>
public sealed class ProducerStates
{
    private readonly Dictionary<long, ProducerMemory> _producers = [];

    public int Count => _producers.Count;

    /// <summary>Whether a batch may be appended; for one that is already here, where.</summary>
    /// <param name="duplicateOf">The base offset given to the same batch earlier, or -1.</param>
    public ErrorCode Check(in BatchSequence batch, out long duplicateOf)
    {
        duplicateOf = -1;
        if (batch.ProducerId < 0) return ErrorCode.None;

        ref readonly var producer = ref CollectionsMarshal.GetValueRefOrNullRef(_producers, batch.ProducerId);
        // Unknown producer: its state may have gone with old segments, so any sequence is taken.
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(in producer)) return ErrorCode.None;

        if (batch.Epoch < producer.Epoch) return ErrorCode.InvalidProducerEpoch;
        if (batch.Epoch > producer.Epoch) return batch.First == 0 ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;

        foreach (ref readonly var known in producer.Batches)
        {
            if (known.First != batch.First || known.Last != batch.Last) continue;
            duplicateOf = known.BaseOffset;
            return ErrorCode.None;
        }

        return batch.First == Next(producer.LastSequence) ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Remembers an appended batch, whoever appended it.</summary>
    /// <param name="nowMs">When, in milliseconds since the Unix epoch: the clock that <see cref="ForgetIdle"/> is told by. Not the
    /// batch's own timestamp, which its producer makes up.</param>
    public void Appended(in BatchSequence batch, long baseOffset, long nowMs)
    {
        if (batch.ProducerId < 0) return;

        ref var producer = ref CollectionsMarshal.GetValueRefOrAddDefault(_producers, batch.ProducerId, out var isKnown);
        if (!isKnown) producer = new ProducerMemory(batch.ProducerId, batch.Epoch, nowMs);
        producer.Remember(batch, baseOffset, nowMs);
    }

    /// <summary>Forgets producers that have sent nothing since: their next batch begins anew.</summary>
    public void ForgetIdle(long sinceMs)
    {
        foreach (var (id, producer) in _producers)
            if (producer.LastSeenMs < sinceMs) _producers.Remove(id);
    }

    /// <summary>Forgets everything, to be told again from the log after a truncation.</summary>
    public void Clear() => _producers.Clear();

    /// <summary>All that is remembered at this moment, to be kept elsewhere.</summary>
    public ProducerMemory[] ToArray() => [.. _producers.Values];

    /// <summary>Remembers what was remembered before.</summary>
    public void Restore(in ProducerMemory producer) => _producers[producer.ProducerId] = producer;

    /// <summary>The sequence number after <paramref name="sequence"/>: they wrap from 2^31-1 to 0.</summary>
    private static int Next(int sequence) => sequence == int.MaxValue ? 0 : sequence + 1;
}

/// <summary>The part of a batch's header that idempotence is about.</summary>
/// <param name="ProducerId">-1 when the producer is not idempotent.</param>
/// <param name="Epoch">The producer's epoch.</param>
/// <param name="First">Sequence number of the first record.</param>
/// <param name="Last">Sequence number of the last record, wrapped past 2^31-1.</param>
public readonly record struct BatchSequence(long ProducerId, short Epoch, int First, int Last)
{
    /// <summary>From header fields; the last number follows from the first by the offset delta, wrapping to 0.</summary>
    public static BatchSequence From(long producerId, short epoch, int baseSequence, int lastOffsetDelta) =>
        new(producerId, epoch, baseSequence, (int)(((long)baseSequence + lastOffsetDelta) & int.MaxValue));
}
