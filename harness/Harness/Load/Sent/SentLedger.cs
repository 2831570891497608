using System.Collections.Concurrent;
using Harness.Load.Content;

namespace Harness.Load.Sent;

/// <summary>All streams of a load, and how a batch that comes back tells which one it belongs to.</summary>
/// <remarks>An idempotent producer's batches carry its id and their place; others can only be told by partition, one producer each.</remarks>
internal sealed class SentLedger
{
    private readonly ConcurrentDictionary<long, ProducerIdentity> _identities = [];
    private readonly SentStream[][] _streams;

    public SentLedger(RecordContent content, int producers, bool idempotent, bool template, bool withJournal)
    {
        Idempotent = idempotent;
        PartitionCount = content.PartitionCount;
        _streams = [.. Enumerable.Range(0, producers).Select(producer => Enumerable.Range(0, content.PartitionCount)
            .Select(partition => new SentStream(
                producer, partition, template ? content.Stream(0, 0) : content.Stream(producer, partition), template, withJournal)).ToArray())];
    }

    public bool Idempotent { get; }

    public int PartitionCount { get; }

    public IEnumerable<SentStream> Streams => _streams.SelectMany(streams => streams);

    /// <summary>One producer's streams by partition.</summary>
    public SentStream[] OfProducer(int producer) => _streams[producer];

    /// <summary>The only producer that writes to a partition when producers are not idempotent.</summary>
    public int OwnerOf(int partition) => partition % _streams.Length;

    /// <summary>Tells whose batches carry this id from now on; called before the first is sent.</summary>
    public void Register(long producerId, int producer)
    {
        var streams = OfProducer(producer);
        foreach (var stream in streams) stream.SequenceZero = stream.Sent;
        _identities[producerId] = new(streams, [.. streams.Select(stream => stream.Sent)]);
    }

    /// <summary>Finds whose batch this is; <paramref name="firstNumber"/> is the number of the record with sequence 0.</summary>
    public bool TryFind(long producerId, int partition, out SentStream stream, out long firstNumber)
    {
        if (Idempotent && _identities.TryGetValue(producerId, out var identity))
        {
            (stream, firstNumber) = (identity.Streams[partition], identity.FirstNumbers[partition]);
            return true;
        }

        (stream, firstNumber) = (_streams[OwnerOf(partition)][partition], 0);
        return !Idempotent && producerId == -1;
    }

    private sealed record ProducerIdentity(SentStream[] Streams, long[] FirstNumbers);
}
