namespace Harness.Load.Content;

/// <summary>All that records hold: producers encode it, verifiers compare with it.</summary>
internal sealed class RecordContent(ValueSource values, KeySpace? keys, ulong seed, int partitionCount)
{
    private const ulong ValuePurpose = 1;
    private const ulong KeyPurpose = 2;
    private const ulong PartitionPurpose = 3;

    public bool HasKeys => keys is not null;

    public int PartitionCount => partitionCount;

    public int MaxRecordBytes => values.MaxBytes + KeyBytes;

    public double MeanRecordBytes => values.MeanBytes + KeyBytes;

    public int KeyBytes => HasKeys ? KeySpace.KeyBytes : 0;

    /// <summary>The stream of what one producer writes to one partition.</summary>
    public StreamRecords Stream(int producer, int partition)
    {
        var stream = producer * partitionCount + partition;
        return new(values, keys, partition, Scramble.Sequence(seed, ValuePurpose, stream), Scramble.Sequence(seed, KeyPurpose, stream));
    }

    /// <summary>What a producer passes to <see cref="PartitionOf"/>.</summary>
    public ulong PartitionSequence(int producer) => Scramble.Sequence(seed, PartitionPurpose, producer);

    /// <summary>Where a producer's records go, by their number in the producer; only with keys.</summary>
    public int PartitionOf(ulong partitionSequence, long number) => keys!.Partition(partitionSequence, number);
}

/// <summary>The keys and values of one stream by record number.</summary>
internal sealed class StreamRecords(ValueSource values, KeySpace? keys, int partition, ulong valueSequence, ulong keySequence)
{
    public bool HasKeys => keys is not null;

    public ReadOnlySpan<byte> Value(long number) => values.Value(valueSequence, number);

    /// <summary>Only with keys.</summary>
    public ReadOnlySpan<byte> Key(long number) => keys!.Key(keySequence, partition, number);
}
