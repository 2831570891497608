using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;

namespace Engine.Broker.Partitions;

/// <content>What a replica does while another leads: it takes what its leader has, and gives up what that has not.</content>
internal sealed partial class Partition
{
    /// <summary>Where this follower goes on: what it holds as stored, which is what it acknowledges by asking for the rest.</summary>
    public FollowerPosition Position()
    {
        lock (_gate) return new FollowerPosition(_state.LeaderEpoch, _log.EndOffset, _epochs.Latest, _log.StartOffset, IsFollower: !_closed && !_state.IsLeader && !_log.IsOffline);
    }

    /// <summary>Follower: has what it holds flushed in the background where it is to be before it is acknowledged.</summary>
    public void BeginAcknowledging()
    {
        if (Settings.FlushesForAcks && !_closed && _log.FlushedOffset < _log.EndOffset) _log.BeginFlush();
    }

    /// <summary>Follower: returns once everything it holds may be acknowledged.</summary>
    /// <exception cref="Storage.LogOfflineException">It could not be flushed.</exception>
    public void EnsureAcknowledgeable()
    {
        if (Settings.FlushesForAcks && !_closed && _log.FlushedOffset < _log.EndOffset) _log.EnsureFlushed();
    }

    /// <summary>Follower: appends the whole, sound batches that the leader sent and stores them.</summary>
    /// <returns>False when bytes were left that are no such batches; they are asked for again.</returns>
    public bool ReplicaAppend(in FollowerPosition asked, ReadOnlySpan<byte> records, long leaderHighWatermark)
    {
        lock (_gate)
        {
            // The leader that answered is no longer the one to follow: its records may be ones that never got committed.
            if (_closed || _state.IsLeader || _state.LeaderEpoch != asked.LeaderEpoch || _log.EndOffset != asked.EndOffset) return true;

            var (sound, next) = (0, asked.EndOffset);
            while (BatchBytes(records[sound..]) is > 0 and var size)
            {
                var header = new BatchHeader(records[sound..]);
                if (sound == 0 && BeginsWithin(header)) next = StartWithin(header);
                if (header.BaseOffset < next || header.LeaderEpoch > asked.LeaderEpoch) break; // Compaction leaves gaps.

                if (header.LeaderEpoch > _epochs.Latest && _epochs.Assign(header.LeaderEpoch, header.BaseOffset)) (_hasUnwrittenEpoch, _isEpochNoted) = (true, false);
                next = header.NextOffset;
                sound += size;
            }

            if (sound > 0) _log.Append(records[..sound], mayLeaveGaps: true);
            if (_hasUnwrittenEpoch) TryWriteEpochs();
            foreach (var batch in new BatchReader(records[..sound])) _producers.Appended(new BatchHeader(batch));
            _log.EnsureStored();
            _state.ReplicaAppended(_log.EndOffset, leaderHighWatermark);
            return sound > 0 || records.IsEmpty;
        }
    }

    // Where a leader's records were deleted up to the middle of a batch, an empty follower's first batch begins before its log does.
    private bool BeginsWithin(in BatchHeader header) =>
        _log.StartOffset == _log.EndOffset && header.BaseOffset < _log.StartOffset && header.LastOffset >= _log.StartOffset;

    private long StartWithin(in BatchHeader header)
    {
        _log.TruncateFullyAndStartAt(header.BaseOffset, _log.StartOffset);
        return header.BaseOffset;
    }

    /// <summary>Follower: cuts its log to where it and the leader's part, so that the next fetch goes on from there. Source: KIP-595.</summary>
    public void ReplicaDiverged(in FollowerPosition asked, EpochEnd leaders)
    {
        lock (_gate)
        {
            if (_closed || _state.IsLeader || _state.LeaderEpoch != asked.LeaderEpoch) return;

            TruncateTo(_epochs.TruncationPoint(leaders.Epoch, leaders.EndOffset, _log.EndOffset));
        }
    }

    /// <summary>Follower: the leader no longer has, or never had, what comes next here. Start over where the leader's log starts.</summary>
    public void ReplicaOutOfRange(in FollowerPosition asked, long leaderLogStart)
    {
        lock (_gate)
        {
            if (_closed || _state.IsLeader || _state.LeaderEpoch != asked.LeaderEpoch || leaderLogStart < 0) return;

            _producers.BeforeTruncation(-1);
            _log.TruncateFullyAndStartAt(leaderLogStart);
            _epochs.Clear();
            WriteEpochs();
            LearnFromLog();
            _state.ReplicaTruncated(leaderLogStart);
        }
    }

    /// <summary>Follower: deletes what the leader no longer has, as far as it is known to be committed.</summary>
    public void ReplicaTrimmed(in FollowerPosition asked, long leaderLogStart)
    {
        if (leaderLogStart <= _log.StartOffset) return;

        lock (_gate)
        {
            if (_closed || _state.IsLeader || _state.LeaderEpoch != asked.LeaderEpoch) return;
            leaderLogStart = Math.Min(leaderLogStart, _state.HighWatermark);
        }

        _log.DeleteBefore(leaderLogStart);
        ForgetEpochsOfDeleted();
    }

    private void TruncateTo(long offset)
    {
        _producers.BeforeTruncation(offset);
        _log.TruncateTo(offset);
        if (_epochs.TruncateFrom(offset)) WriteEpochs();
        // What the cut batches taught of their producers cannot be taken back singly.
        LearnFromLog();
        _state.ReplicaTruncated(_log.EndOffset);
    }

    // What a leader took must be taken here too: where it looks at headers only, a wrong CRC would end replication for good.
    private int BatchBytes(ReadOnlySpan<byte> bytes) =>
        Settings.Check.ChecksCrc ? BatchCheck.SoundBatchBytes(bytes) : BatchCheck.WholeBatchBytes(bytes);
}
