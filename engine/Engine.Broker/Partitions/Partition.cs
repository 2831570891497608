using Engine.Broker.Replication;
using Engine.Broker.Waiting;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Soundness;

namespace Engine.Broker.Partitions;

/// <summary>One replica at work: its state machine, its log and those who wait for it.</summary>
/// <remarks>
/// Holds no protocol decisions; those are <see cref="ReplicatedPartition"/>'s. All changes are made under one lock, which
/// is the right to append: whichever thread has the batch writes it, as handing it to a writer thread would cost a switch
/// per batch. Waits are woken after the lock is left, on the thread that made them ready. Reads of the log take no lock.
/// </remarks>
internal sealed partial class Partition
{
    private readonly Lock _gate = new();
    private readonly ReplicatedPartition _state;
    private readonly PartitionProducers _producers;
    private readonly EpochHistory _epochs;
    private readonly EpochFile _epochFile;
    private readonly PartitionLog _log;
    private readonly IInSyncProposals _proposals;
    private readonly IMending _mending;
    private readonly List<PartitionEffect> _effects = [];
    private readonly OffsetWaiters _appendWaiters = new();
    private readonly OffsetWaiters _storeWaiters = new();
    private readonly OffsetWaiters _commitWaiters = new();
    private readonly OffsetWaiters _majorityWaiters = new();
    private readonly OffsetWaiters _flushWaiters = new();
    private bool _hasUnwrittenEpoch; // Or one that a power cut may take from the file.
    private bool _isEpochNoted;
    private bool _closed;

    public Partition(
        string topic, Guid topicId, int index, int nodeId, PartitionSettings settings, DataFolder folder, IInSyncProposals proposals, IMending mending)
    {
        (Topic, TopicId, Index, _proposals, _mending) = (topic, topicId, index, proposals, mending);
        Settings = settings;
        _state = new ReplicatedPartition(nodeId, settings.ReplicaLagMax) { MinInSync = settings.MinInSync, JoinsFlushed = settings.FlushesForAcks };
        _log = folder.OpenLog(topic, topicId, index, settings.Log);
        _log.StoredAdvanced += _ => LogStored();
        if (settings.FlushesForAcks) _log.FlushedAdvanced += _ => LogStored();
        _log.WentOffline += (_, failure) => LogFailed(failure);
        _log.DamageFound += (_, damage) => LogDamaged(damage);
        foreach (var damage in _log.Damages) LogDamaged(damage);
        if (_log.LostOffsets > 0)
            NodeLog.Error($"{topic}-{index}: the last {_log.LostOffsets} offsets before {_log.EndOffset + _log.LostOffsets} were durable and are gone from the disk");
        _epochFile = new EpochFile(_log.Folder);
        var epochs = _epochFile.Read();
        _epochs = epochs ?? new EpochHistory();
        _hasUnwrittenEpoch = epochs is null;
        _producers = new PartitionProducers(_log, settings.ProducerIdExpiration);
        LearnFromLog(allEpochs: epochs is null);
        _state.ReplicaAppended(_log.EndOffset, 0);
    }

    public string Topic { get; }

    public Guid TopicId { get; }

    public int Index { get; }

    public PartitionSettings Settings { get; }

    public PartitionLog Log => _log;

    /// <summary>Drops segments that are past what the topic keeps, as far as they are committed.</summary>
    public void Retain()
    {
        _log.Retain(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), belowOffset: _state.HighWatermark);
        ForgetEpochsOfDeleted();
        lock (_gate)
            if (!_closed) _producers.Retain();
    }

    /// <summary>Deletes the records before an offset: for good, once this returns, though other replicas may still hold them.</summary>
    /// <param name="offset">The first to keep, or <see cref="DeleteRecordsRequest.ToHighWatermark"/>.</param>
    /// <returns>What went wrong, or where the log starts now.</returns>
    /// <exception cref="IOException">It could not be recorded.</exception>
    /// <exception cref="LogOfflineException">The log is offline.</exception>
    public (ErrorCode Error, long StartOffset) DeleteRecords(long offset)
    {
        lock (_gate)
        {
            if (_closed || !_state.IsLeader) return (ErrorCode.NotLeaderOrFollower, -1);
            if (!Settings.IsDeleted) return (ErrorCode.PolicyViolation, -1); // As in Kafka: compaction alone keeps every key.
            if (offset == DeleteRecordsRequest.ToHighWatermark) offset = _state.HighWatermark;
            if (offset < 0 || offset > _state.HighWatermark) return (ErrorCode.OffsetOutOfRange, -1);
        }

        _log.DeleteBefore(offset); // Waits for the disk, so not under the lock: nothing committed is cut off meanwhile.
        ForgetEpochsOfDeleted();
        return (ErrorCode.None, _log.StartOffset);
    }

    /// <summary>Lets what a start after a crash would read follow the log's growth. To be called now and then, by one thread.</summary>
    public void Checkpoint()
    {
        _log.Checkpoint();
        lock (_gate)
            if (!_closed) _producers.Checkpoint();
    }

    /// <summary>The state for reading single values, which are published without the lock; changes go through this class.</summary>
    public ReplicatedPartition State => _state;

    /// <summary>Appends a batch that has passed <see cref="BatchCheck"/>, its header patched in place.</summary>
    public ProduceOutcome Produce(Span<byte> batch, IAckRule acks)
    {
        var header = new BatchHeader(batch);
        var sequence = PartitionProducers.SequenceOf(header);
        var woken = default(WokenWaits);
        ProduceOutcome outcome;
        lock (_gate)
        {
            if (!_state.IsLeader || _closed) return ProduceOutcome.Failed(ErrorCode.NotLeaderOrFollower);
            if (acks.Admits(_state) is not ErrorCode.None and var refused) return ProduceOutcome.Failed(refused);
            if (_producers.Check(sequence, out var duplicateOf) is not ErrorCode.None and var outOfSequence) return ProduceOutcome.Failed(outOfSequence);

            if (duplicateOf >= 0)
                return new ProduceOutcome(ErrorCode.None, duplicateOf, duplicateOf + header.RecordCount, _state.LeaderEpoch, _log.StartOffset);

            if (_log.IsOffline) return ProduceOutcome.Failed(ErrorCode.KafkaStorageError);

            var baseOffset = _state.EndOffset;
            BatchHeader.Assign(batch, baseOffset, _state.LeaderEpoch);
            _log.Append(batch); // throws when the log is offline; then nothing here has changed
            if (acks.NeedsFlush) _log.BeginFlush();
            if (_hasUnwrittenEpoch) TryWriteEpochs();
            _state.Append(header.RecordCount);
            _producers.Appended(header);
            _state.LeaderStored(_log.StoredOffset, _effects);
            _appendWaiters.TakeReached(_log.EndOffset, ref woken);
            _storeWaiters.TakeReached(_log.StoredOffset, ref woken);
            Execute(ref woken);
            outcome = new ProduceOutcome(ErrorCode.None, baseOffset, baseOffset + header.RecordCount, _state.LeaderEpoch, _log.StartOffset);
        }

        woken.Wake();
        return outcome;
    }

    /// <summary>Reads for a consumer (up to the high watermark) or a follower (up to the log's end; its offset is its acknowledgement).</summary>
    /// <param name="mayWait">Whether to wait for the disk; if not, the outcome may be <see cref="FetchOutcome.IsCold"/>.</param>
    /// <param name="isFlushed">Whether the follower has flushed what it acknowledges.</param>
    /// <param name="replicaEpoch">The registration under which a follower asks.</param>
    public FetchOutcome Fetch(
        in FetchPartition ask, int replicaId, int maxBytes, bool atLeastOneBatch, bool mayWait, bool isFlushed = false, long replicaEpoch = -1)
    {
        var woken = default(WokenWaits);
        long bound, highWatermark, logStart;
        lock (_gate)
        {
            var fenced = replicaId == Mending.AnyReplica ? FencesReplica(ask.CurrentLeaderEpoch) : Fences(ask.CurrentLeaderEpoch);
            if (fenced != ErrorCode.None) return FetchOutcome.Failed(fenced);

            highWatermark = _state.HighWatermark;
            logStart = _log.StartOffset;
            if (_epochs.DivergenceFrom(ask.LastFetchedEpoch, ask.FetchOffset, _log.EndOffset) is var (epoch, end))
            {
                if (epoch < 0) return FetchOutcome.Failed(ErrorCode.OffsetOutOfRange, highWatermark, logStart);
                return new FetchOutcome(ErrorCode.None, highWatermark, logStart, highWatermark, default, new EpochEnd(epoch, end));
            }

            bound = replicaId >= 0 ? _log.EndOffset : highWatermark;
            if (ask.FetchOffset < logStart || ask.FetchOffset > _log.EndOffset)
                return FetchOutcome.Failed(ErrorCode.OffsetOutOfRange, highWatermark, logStart);

            if (replicaId >= 0)
            {
                if (!_state.FollowerFetched(replicaId, ask.FetchOffset, MonotonicClock.Now, _effects, isFlushed ? ask.FetchOffset : -1, replicaEpoch))
                    return FetchOutcome.Failed(ErrorCode.NotLeaderOrFollower);
                Execute(ref woken);
                highWatermark = _state.HighWatermark;
            }
        }

        woken.Wake();
        try
        {
            // Retention may have dropped the offset since it was looked at.
            var slice = default(LogSlice);
            var outcome = replicaId < 0 && Settings.IsCompacted
                ? _log.ReadRecords(ask.FetchOffset, bound, maxBytes, atLeastOneBatch, mayWait, out slice)
                : _log.Read(ask.FetchOffset, bound, maxBytes, atLeastOneBatch, mayWait, out slice);
            return outcome switch
            {
                ReadOutcome.OutOfRange => FetchOutcome.Failed(ErrorCode.OffsetOutOfRange, highWatermark, _log.StartOffset),
                ReadOutcome.NotInMemory => FetchOutcome.Cold,
                _ => new FetchOutcome(ErrorCode.None, highWatermark, logStart, bound, slice, null),
            };
        }
        catch (DamagedLogException damaged)
        {
            // Clients ask again after the one; what the other says is for people.
            return FetchOutcome.Failed(_mending.Request(this, damaged.Damage) ? ErrorCode.KafkaStorageError : ErrorCode.CorruptMessage, highWatermark, logStart);
        }
        catch (Exception error) when (error is LogOfflineException or IOException)
        {
            return FetchOutcome.Failed(ErrorCode.KafkaStorageError);
        }
    }

    /// <summary>Wakes <paramref name="wait"/> once <paramref name="progress"/> reaches <paramref name="offset"/>.</summary>
    /// <returns>False when it has already, or when the partition no longer serves: then the caller looks again.</returns>
    public bool Watch(OffsetWait wait, int token, Progress progress, long offset)
    {
        lock (_gate)
        {
            if (_closed || !_state.IsLeader || _log.IsOffline || Reached(progress) >= offset) return false;
            Waiters(progress).Add(wait, token, offset);
            return true;
        }
    }

    /// <summary>Forgets a wait that is over for another reason than this partition.</summary>
    public void Unwatch(OffsetWait wait)
    {
        lock (_gate)
        {
            _appendWaiters.Remove(wait);
            _storeWaiters.Remove(wait);
            _commitWaiters.Remove(wait);
            _majorityWaiters.Remove(wait);
            _flushWaiters.Remove(wait);
        }
    }

    /// <summary>What a producer is answered once its wait is over.</summary>
    public ErrorCode Answer(IAckRule acks, in ProduceOutcome produced)
    {
        lock (_gate)
        {
            if (!_state.IsLeader || _closed || _state.LeaderEpoch != produced.LeaderEpoch) return ErrorCode.NotLeaderOrFollower;
            if (Reached(acks.AnswerAt!.Value) >= produced.EndOffset) return acks.Answer(_state);
            return _log.IsOffline ? ErrorCode.KafkaStorageError : ErrorCode.RequestTimedOut;
        }
    }

    /// <summary>What KIP-320 asks of a request's leader epoch; -1 is no check.</summary>
    public ErrorCode Fences(int askedEpoch) => _closed ? ErrorCode.NotLeaderOrFollower : _state.Fences(askedEpoch);

    /// <summary>The same for a broker that mends its log from this replica, whoever leads: both are to know of the same leader.</summary>
    private ErrorCode FencesReplica(int askedEpoch)
    {
        if (_closed || _log.IsOffline) return ErrorCode.NotLeaderOrFollower;
        if (askedEpoch < 0 || askedEpoch == _state.LeaderEpoch) return ErrorCode.None;
        return askedEpoch < _state.LeaderEpoch ? ErrorCode.FencedLeaderEpoch : ErrorCode.UnknownLeaderEpoch;
    }

    /// <summary>Takes what the metadata store says: who leads, who is in sync.</summary>
    public void Update(in PartitionAssignment news)
    {
        var woken = default(WokenWaits);
        lock (_gate)
        {
            if (_closed) return;

            var epochBefore = _state.LeaderEpoch;
            // A leader vouches for all it has, so what its flush policy still holds back is stored before it begins.
            if (news.LeaderEpoch != epochBefore && !_log.IsOffline) _log.EnsureStored();
            if (_state.Update(news, _log.EndOffset, MonotonicClock.Now, _effects))
            {
                // Written with the first batch: an epoch without records says nothing that the log's end does not say, and a node
                // that starts may take ten thousand partitions back at once.
                _epochs.Assign(_state.LeaderEpoch, _log.EndOffset);
                (_hasUnwrittenEpoch, _isEpochNoted) = (true, false);
            }

            if (_state.LeaderEpoch != epochBefore) TakeAll(ref woken);
            Execute(ref woken);
        }

        woken.Wake();
    }

    /// <summary>Time passes: followers that lag for too long are proposed to leave the in-sync set.</summary>
    public void Tick()
    {
        var woken = default(WokenWaits);
        lock (_gate)
        {
            if (_closed) return;
            _state.Tick(MonotonicClock.Now, _effects);
            Execute(ref woken);
        }

        woken.Wake();
    }

    /// <summary>The metadata store refused a proposal or could not be asked.</summary>
    public void ProposalFailed(int partitionEpoch)
    {
        lock (_gate) _state.ProposalFailed(partitionEpoch);
    }

    /// <summary>The topic is gone: those who wait are sent to look again, and nothing is taken any more.</summary>
    public void Close() => Close(keepProducers: false);

    /// <summary>The node stops: as <see cref="Close()"/>, and what is to be known at the next start is written.</summary>
    public void Stop() => Close(keepProducers: true);

    private void Close(bool keepProducers)
    {
        var woken = default(WokenWaits);
        lock (_gate)
        {
            if (keepProducers && !_closed) _producers.Keep();
            _producers.Close();
            _closed = true;
            TakeAll(ref woken);
        }

        woken.Wake();
    }

    // Not written to the epochs' file: what it says too much is cut off when it is read.
    private void ForgetEpochsOfDeleted()
    {
        lock (_gate) _epochs.TruncateBefore(_log.StartOffset);
    }

    /// <summary>Called by the log's flusher thread when batches became stored after their append had returned.</summary>
    private void LogStored()
    {
        var woken = default(WokenWaits);
        lock (_gate)
        {
            _state.LeaderStored(_log.StoredOffset, _effects);
            _storeWaiters.TakeReached(_log.StoredOffset, ref woken);
            Execute(ref woken);
        }

        woken.Wake();
    }

    /// <summary>Found out while it was read, by whichever thread did.</summary>
    private void LogDamaged(Damage damage)
    {
        NodeLog.Error($"{Topic}-{Index} is damaged on the disk and not served there: {damage}");
        _mending.Request(this, damage);
    }

    /// <summary>A failed log stores nothing more. Who waits for it learns that now rather than at a deadline.</summary>
    private void LogFailed(LogOfflineException failure)
    {
        NodeLog.Error($"{Topic}-{Index} is offline: {failure.Message}");
        // Others hold what this node can no longer store: they go on without it.
        _proposals.GiveUp(this);
        // On the pool: the thread that found out may be in the middle of a change here.
        ThreadPool.QueueUserWorkItem(_ =>
        {
            var woken = default(WokenWaits);
            lock (_gate) TakeAll(ref woken);
            woken.Wake();
        });
    }

    private void LearnFromLog(bool allEpochs = false)
    {
        // An epoch may begin at the very end: its leader was elected and wrote nothing yet.
        _epochs.TruncateFrom(_log.EndOffset + 1);
        _epochs.TruncateBefore(_log.StartOffset);
        _producers.Learn(_epochs, allEpochs);
    }

    private void WriteEpochs()
    {
        _hasUnwrittenEpoch = true;
        if (!_log.HasFolder) return; // Without records there is nothing to lose.
        _epochFile.Write(_epochs);
        _hasUnwrittenEpoch = false;
    }

    /// <summary>With a batch that is appended already: failing costs nothing yet, as the newest segment's batches tell their epochs.</summary>
    /// <remarks>So while it is the only one no flush is needed either, which ten thousand first batches would have to wait for.</remarks>
    private void TryWriteEpochs()
    {
        try
        {
            if (!_log.HasOneSegment) WriteEpochs();
            else if (!_isEpochNoted) _epochFile.Write(_epochs, durably: false);
            _isEpochNoted = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Tried again with the next batch.
        }
    }

    private void Execute(ref WokenWaits woken)
    {
        foreach (var effect in _effects)
        {
            if (effect.Kind == PartitionEffectKind.Committed) _commitWaiters.TakeReached(effect.HighWatermark, ref woken);
            else _proposals.Propose(this, effect.InSync.Nodes(_state.Assignment), _state.PartitionEpoch, effect.Joining);
        }

        _effects.Clear();
        // Asked only where somebody waits for them: with acks=all nobody does.
        if (!_majorityWaiters.IsEmpty) _majorityWaiters.TakeReached(_state.MajorityEnd, ref woken);
        if (!_flushWaiters.IsEmpty) _flushWaiters.TakeReached(_state.FlushedEnd(_log.FlushedOffset), ref woken);
    }

    private void TakeAll(ref WokenWaits woken)
    {
        _appendWaiters.TakeReached(long.MaxValue, ref woken);
        _storeWaiters.TakeReached(long.MaxValue, ref woken);
        _commitWaiters.TakeReached(long.MaxValue, ref woken);
        _majorityWaiters.TakeReached(long.MaxValue, ref woken);
        _flushWaiters.TakeReached(long.MaxValue, ref woken);
    }

    private long Reached(Progress progress) => _state.Reached(progress, _log.EndOffset, _log.StoredOffset, _log.FlushedOffset);

    private OffsetWaiters Waiters(Progress progress) => progress switch
    {
        Progress.Appended => _appendWaiters,
        Progress.Stored => _storeWaiters,
        Progress.HeldByMajority => _majorityWaiters,
        Progress.Flushed => _flushWaiters,
        _ => _commitWaiters,
    };
}
