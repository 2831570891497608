using System.Runtime.CompilerServices;

namespace Engine.Core.Partitions;

/// <summary>What one partition remembers of its idempotent producers, so that a retried batch is stored once. Source: KIP-98, KIP-360.</summary>
/// <remarks>Derived from the log's batches alone, so a follower or a restarted node that has the batches has this too.</remarks>
public sealed class ProducerStates
{
    private readonly Dictionary<long, Producer> _producers = [];

    public int Count => _producers.Count;

    /// <summary>Whether a batch may be appended; for one that is already here, where.</summary>
    /// <param name="duplicateOf">The base offset given to the same batch earlier, or -1.</param>
    public ErrorCode Check(in BatchSequence batch, out long duplicateOf)
    {
        duplicateOf = -1;
        // Unknown producer: its state may have gone with old segments, so any sequence is taken.
        if (batch.ProducerId < 0 || !_producers.TryGetValue(batch.ProducerId, out var producer)) return ErrorCode.None;

        if (batch.Epoch < producer.Epoch) return ErrorCode.InvalidProducerEpoch;
        if (batch.Epoch > producer.Epoch) return batch.First == 0 ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;

        for (var i = 0; i < producer.Remembered; i++)
        {
            ref readonly var known = ref producer.Batches[i];
            if (known.First != batch.First || known.Last != batch.Last) continue;
            duplicateOf = known.BaseOffset;
            return ErrorCode.None;
        }

        return batch.First == Next(producer.LastSequence) ? ErrorCode.None : ErrorCode.OutOfOrderSequenceNumber;
    }

    /// <summary>Remembers an appended batch, whoever appended it.</summary>
    public void Appended(in BatchSequence batch, long baseOffset)
    {
        if (batch.ProducerId < 0) return;

        if (!_producers.TryGetValue(batch.ProducerId, out var producer))
            _producers.Add(batch.ProducerId, producer = new Producer());
        producer.Remember(batch, baseOffset);
    }

    /// <summary>Forgets everything, to be told again from the log after a truncation.</summary>
    public void Clear() => _producers.Clear();

    /// <summary>The sequence number after <paramref name="sequence"/>: they wrap from 2^31-1 to 0.</summary>
    private static int Next(int sequence) => sequence == int.MaxValue ? 0 : sequence + 1;

    private sealed class Producer
    {
        // Kafka's producers keep at most five requests in flight, so a retry is always among the last five batches.
        private const int BatchesKept = 5;

        private int _oldest;

        public RememberedBatches Batches;

        public short Epoch { get; private set; } = -1;

        public int LastSequence { get; private set; }

        public int Remembered { get; private set; }

        public void Remember(in BatchSequence batch, long baseOffset)
        {
            if (batch.Epoch != Epoch) (Epoch, Remembered, _oldest) = (batch.Epoch, 0, 0);

            var remembered = new RememberedBatch(batch.First, batch.Last, baseOffset);
            if (Remembered < BatchesKept)
            {
                Batches[Remembered++] = remembered;
            }
            else
            {
                Batches[_oldest] = remembered;
                _oldest = (_oldest + 1) % BatchesKept;
            }

            LastSequence = batch.Last;
        }

        [InlineArray(BatchesKept)]
        public struct RememberedBatches
        {
            private RememberedBatch _first;
        }

        public readonly record struct RememberedBatch(int First, int Last, long BaseOffset);
    }
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
