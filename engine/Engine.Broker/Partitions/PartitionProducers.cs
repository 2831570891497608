using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>A partition's idempotent producers over its log and its folder: <see cref="RememberedProducers"/> by this node's clock.</summary>
/// <remarks>One caller at a time, who holds the partition's lock.</remarks>
internal sealed class PartitionProducers : IProducerLog
{
    private readonly PartitionLog _log;
    private readonly TimeSpan _expiration;
    private readonly ProducerSnapshots _snapshots;
    private readonly RememberedProducers _producers;

    public PartitionProducers(PartitionLog log, TimeSpan expiration)
    {
        (_log, _expiration, _snapshots) = (log, expiration, new ProducerSnapshots(log.Folder, $"{log.Topic}-{log.Partition}"));
        _producers = new RememberedProducers(this, _snapshots);
    }

    long IProducerLog.StartOffset => _log.StartOffset;

    long IProducerLog.EndOffset => _log.EndOffset;

    long IProducerLog.LastSegmentOffset => _log.LastSegmentOffset;

    private static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <inheritdoc cref="ProducerStates.Check"/>
    public ErrorCode Check(in BatchSequence batch, out long duplicateOf) => _producers.Check(batch, out duplicateOf);

    /// <inheritdoc cref="RememberedProducers.Appended"/>
    public void Appended(in BatchHeader batch) => _producers.Appended(ProducedBy(batch), batch.ProducerId < 0 ? 0 : NowMs);

    /// <inheritdoc cref="RememberedProducers.Learn"/>
    public void Learn(EpochHistory epochs, bool allEpochs = false) => _producers.Learn(epochs, allEpochs, NowMs);

    /// <inheritdoc cref="RememberedProducers.BeforeTruncation"/>
    public void BeforeTruncation(long offset) => _producers.BeforeTruncation(offset);

    /// <summary>Forgets producers that have sent nothing for long, and takes note of a roll that no append caused.</summary>
    public void Retain() => _producers.Retain(NowMs - (long)_expiration.TotalMilliseconds);

    /// <inheritdoc cref="RememberedProducers.Checkpoint"/>
    public void Checkpoint() => _producers.Checkpoint();

    /// <summary>The node stops: writes what is remembered, so that the next start need not read batches.</summary>
    /// <remarks>Not made durable one by one, as a node may have ten thousand: a power cut now costs the next start some reading.</remarks>
    public void Keep()
    {
        if (!_log.IsOffline && _log.HasFolder) _snapshots.TryWrite(_producers.Now, _snapshots.Era, durably: false);
    }

    /// <summary>The topic is gone: nothing more is written.</summary>
    public void Close() => _snapshots.Close();

    public static BatchSequence SequenceOf(in BatchHeader batch) =>
        BatchSequence.From(batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence, batch.LastOffsetDelta);

    long IProducerLog.SegmentOffsetFromEnd(int segments) => _log.SegmentOffsetFromEnd(segments);

    void IProducerLog.Visit(long from, Action<ProducedBatch> visit) => _log.VisitBatches(from, batch => visit(ProducedBy(batch)));

    private static ProducedBatch ProducedBy(in BatchHeader batch) => new(SequenceOf(batch), batch.LeaderEpoch, batch.BaseOffset, batch.SizeBytes);
}
