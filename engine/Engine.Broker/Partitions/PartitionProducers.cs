using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>A partition's idempotent producers, remembered across restarts, truncation and retention.</summary>
/// <remarks>
/// Snapshots are taken at each roll and every so many bytes, written in the background, and at a clean stop. What is remembered
/// after a start is the newest sound one and the headers of the batches behind it; without one, the headers of the newest few
/// segments. One caller at a time, who holds the partition's lock. Appending allocates nothing, but at a roll and for a new producer.
/// </remarks>
internal sealed class PartitionProducers(PartitionLog log, TimeSpan expiration)
{
    // Bounds what a start reads when all snapshots are lost: a producer that has been silent for longer begins anew.
    private const int SegmentsReplayed = 4;

    // What a start after a crash reads the headers of, but for what comes in between two looks. Less would have a node with thousands
    // of nearly idle logs write a file for every few records.
    private const long StepBytes = 4 << 20;

    private readonly ProducerStates _states = new();
    private readonly ProducerSnapshots _snapshots = new(log.Folder);
    private long _segment = log.LastSegmentOffset;
    private long _bytesSince;
    private int _lastEpoch = -1;

    private static long NowMs => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <inheritdoc cref="ProducerStates.Check"/>
    public ErrorCode Check(in BatchSequence batch, out long duplicateOf) => _states.Check(batch, out duplicateOf);

    /// <summary>Remembers a batch that has been appended, in order.</summary>
    public void Appended(in BatchHeader batch)
    {
        if (log.LastSegmentOffset != _segment) Rolled(batch.BaseOffset);
        _lastEpoch = batch.LeaderEpoch;
        _bytesSince += batch.SizeBytes;
        if (batch.ProducerId >= 0) _states.Appended(SequenceOf(batch), batch.BaseOffset, NowMs);
    }

    /// <summary>Learns from snapshots and batches what the log knows, and the epochs that a crash kept from their file.</summary>
    /// <param name="epochs">What their file told.</param>
    /// <param name="allEpochs">The file told nothing, so that every batch must: where an epoch ended decides what a follower keeps.</param>
    public void Learn(EpochHistory epochs, bool allEpochs = false)
    {
        _states.Clear();
        (_segment, _lastEpoch, _bytesSince) = (log.LastSegmentOffset, -1, 0);
        var end = log.EndOffset;
        // After a crash the log may end before what a snapshot tells of.
        _snapshots.DropAbove(end);
        var from = log.SegmentOffsetFromEnd(SegmentsReplayed);
        var snapshot = _snapshots.Newest(from, end);
        if (snapshot is not null)
        {
            (from, _lastEpoch) = (snapshot.Offset, snapshot.LeaderEpoch);
            foreach (ref readonly var producer in snapshot.Producers.AsSpan()) _states.Restore(producer);
        }

        // Epochs are learned from the newest segment, where what has been read so far leaves any unknown.
        var knowsEpochs = snapshot is not null && epochs.Latest >= snapshot.LeaderEpoch;
        var visitFrom = allEpochs ? log.StartOffset : knowsEpochs ? from : Math.Min(from, log.LastSegmentOffset);
        if (visitFrom == end) return;

        var nowMs = NowMs;
        log.VisitBatches(visitFrom, batch =>
        {
            if (batch.LeaderEpoch > epochs.Latest) epochs.Assign(batch.LeaderEpoch, batch.BaseOffset);
            if (batch.BaseOffset < from) return;
            _lastEpoch = batch.LeaderEpoch;
            _bytesSince += batch.SizeBytes;
            _states.Appended(SequenceOf(batch), batch.BaseOffset, nowMs);
        });
    }

    /// <summary>The log is about to be cut at an offset, after which <see cref="Learn"/> is to be called.</summary>
    /// <exception cref="IOException">Snapshots that would become untrue could not be removed: the log must not be cut.</exception>
    public void BeforeTruncation(long offset) => _snapshots.DropAbove(offset);

    /// <summary>Forgets producers that have sent nothing for long, and takes note of a roll that no append caused.</summary>
    public void Retain()
    {
        _states.ForgetIdle(NowMs - (long)expiration.TotalMilliseconds);
        if (log.LastSegmentOffset != _segment) Rolled(log.EndOffset);
    }

    /// <summary>Lets the newest snapshot follow the log in steps. To be called now and then.</summary>
    public void Checkpoint()
    {
        if (_bytesSince >= StepBytes) Take(log.EndOffset, durably: false);
    }

    /// <summary>The node stops: writes what is remembered, so that the next start need not read batches.</summary>
    /// <remarks>Not made durable one by one, as a node may have ten thousand: a power cut now costs the next start some reading.</remarks>
    public void Keep()
    {
        if (log.IsOffline || !log.HasFolder) return;
        try
        {
            _snapshots.Write(new ProducerSnapshot(log.EndOffset, _lastEpoch, _states.ToArray()), _snapshots.Era, durably: false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NodeLog.Warn($"{log.Topic}-{log.Partition}: its producers are not kept on disk: {failure.Message}");
        }
    }

    /// <summary>The topic is gone: nothing more is written.</summary>
    public void Close() => _snapshots.Close();

    public static BatchSequence SequenceOf(in BatchHeader batch) =>
        BatchSequence.From(batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence, batch.LastOffsetDelta);

    /// <summary>A new segment has begun. The state has all batches before <paramref name="offset"/>, and no other.</summary>
    private void Rolled(long offset)
    {
        _segment = log.LastSegmentOffset;
        Take(offset, durably: true);
    }

    private void Take(long offset, bool durably)
    {
        _bytesSince = 0;
        var (snapshot, era) = (new ProducerSnapshot(offset, _lastEpoch, _states.ToArray()), _snapshots.Era);
        ThreadPool.QueueUserWorkItem(_ =>
        {
            try
            {
                _snapshots.Write(snapshot, era, durably);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                NodeLog.Warn($"{log.Topic}-{log.Partition}: its producers at offset {offset} are not kept on disk: {failure.Message}");
            }
        });
    }
}
