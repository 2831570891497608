namespace Engine.Core.Partitions;

/// <summary>A partition's idempotent producers, remembered across restarts, truncation and retention.</summary>
/// <remarks>
/// A pure state machine over a log and the snapshots beside it. Snapshots are taken at each roll and every so many bytes. What is
/// remembered after a start is the newest sound one and the batches behind it; without one, those of the newest few segments. One
/// caller at a time. Appending allocates nothing, but at a roll and for a new producer.
/// </remarks>
public sealed class RememberedProducers
{
    // Bounds what a start reads when all snapshots are lost: a producer that has been silent for longer begins anew.
    private const int SegmentsReplayed = 4;

    // What a start after a crash reads the headers of, but for what comes in between two looks. Less would have a node with thousands
    // of nearly idle logs write a file for every few records.
    private const long StepBytes = 4 << 20;

    private readonly IProducerLog _log;
    private readonly IProducerSnapshots _snapshots;
    private readonly ProducerStates _states = new();
    private long _segment;
    private long _bytesSince;
    private int _lastEpoch = -1;

    public RememberedProducers(IProducerLog log, IProducerSnapshots snapshots) =>
        (_log, _snapshots, _segment) = (log, snapshots, log.LastSegmentOffset);

    /// <summary>All that is remembered at this moment, which is to be known at the next start.</summary>
    public ProducerSnapshot Now => new(_log.EndOffset, _lastEpoch, _states.ToArray());

    /// <inheritdoc cref="ProducerStates.Check"/>
    public ErrorCode Check(in BatchSequence batch, out long duplicateOf) => _states.Check(batch, out duplicateOf);

    /// <summary>Remembers a batch that has been appended, in order.</summary>
    /// <param name="nowMs">When, in milliseconds since the Unix epoch.</param>
    public void Appended(in ProducedBatch batch, long nowMs)
    {
        if (_log.LastSegmentOffset != _segment) Rolled(batch.BaseOffset);
        Remember(batch, nowMs);
    }

    /// <summary>Learns from snapshots and batches what the log knows, and the epochs that a crash kept from their file.</summary>
    /// <param name="epochs">What their file told.</param>
    /// <param name="allEpochs">The file told nothing, so that every batch must: where an epoch ended decides what a follower keeps.</param>
    /// <param name="nowMs">In milliseconds since the Unix epoch: as of when producers are known that no snapshot tells of.</param>
    public void Learn(EpochHistory epochs, bool allEpochs, long nowMs)
    {
        _states.Clear();
        (_segment, _lastEpoch, _bytesSince) = (_log.LastSegmentOffset, -1, 0);
        var end = _log.EndOffset;
        // After a crash the log may end before what a snapshot tells of.
        _snapshots.DropAbove(end);
        var from = _log.SegmentOffsetFromEnd(SegmentsReplayed);
        // However old: what it tells and all batches since are the whole truth, while the newest batches alone are part of it.
        var snapshot = _snapshots.Newest(Math.Min(from, _log.StartOffset), end);
        if (snapshot is not null)
        {
            (from, _lastEpoch) = (snapshot.Offset, snapshot.LeaderEpoch);
            foreach (ref readonly var producer in snapshot.Producers.AsSpan()) _states.Restore(producer);
        }

        // Epochs are learned from the newest segment, where what has been read so far leaves any unknown.
        var knowsEpochs = snapshot is not null && epochs.Latest >= snapshot.LeaderEpoch;
        var visitFrom = allEpochs ? _log.StartOffset : knowsEpochs ? from : Math.Min(from, _log.LastSegmentOffset);
        if (visitFrom == end) return;

        _log.Visit(visitFrom, batch =>
        {
            if (batch.LeaderEpoch > epochs.Latest) epochs.Assign(batch.LeaderEpoch, batch.BaseOffset);
            if (batch.BaseOffset >= from) Remember(batch, nowMs);
        });
    }

    /// <summary>The log is about to be cut at an offset, after which <see cref="Learn"/> is to be called.</summary>
    /// <exception cref="IOException">Snapshots that would become untrue could not be removed: the log must not be cut.</exception>
    public void BeforeTruncation(long offset) => _snapshots.DropAbove(offset);

    /// <summary>Forgets producers that have sent nothing since, and takes note of a roll that no append caused.</summary>
    /// <param name="idleSinceMs">In milliseconds since the Unix epoch.</param>
    public void Retain(long idleSinceMs)
    {
        _states.ForgetIdle(idleSinceMs);
        if (_log.LastSegmentOffset != _segment) Rolled(_log.EndOffset);
    }

    /// <summary>Lets the newest snapshot follow the log in steps. To be called now and then.</summary>
    public void Checkpoint()
    {
        if (_bytesSince >= StepBytes) Take(_log.EndOffset, durably: false);
    }

    private void Remember(in ProducedBatch batch, long nowMs)
    {
        _lastEpoch = batch.LeaderEpoch;
        _bytesSince += batch.SizeBytes;
        _states.Appended(batch.Sequence, batch.BaseOffset, nowMs);
    }

    /// <summary>A new segment has begun. The state has all batches before <paramref name="offset"/>, and no other.</summary>
    private void Rolled(long offset)
    {
        _segment = _log.LastSegmentOffset;
        Take(offset, durably: true);
    }

    private void Take(long offset, bool durably)
    {
        _bytesSince = 0;
        _snapshots.Take(new ProducerSnapshot(offset, _lastEpoch, _states.ToArray()), durably);
    }
}
