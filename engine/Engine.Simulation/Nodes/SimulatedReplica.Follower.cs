using Engine.Core;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <content>What a replica does while another leads: it takes what its leader has, and gives up what that has not.</content>
internal sealed partial class SimulatedReplica
{
    /// <summary>Where this follower goes on.</summary>
    public FollowerPosition Position() => new(State.LeaderEpoch, _disk.EndOffset, _epochs.Latest, _disk.StartOffset, IsFollower: !State.IsLeader);

    /// <summary>Follower: has what it holds flushed where it is to be before it is acknowledged.</summary>
    /// <returns>False when that failed, and the node with it.</returns>
    public bool EnsureAcknowledgeable() => !Setting.Acks.NeedsFlush || !_rules.WaitsForFlush || Flush();

    /// <summary>Follower: takes what a leader says of its log.</summary>
    /// <param name="asked">Where the log stood when it was asked for, or must stand for what was pushed.</param>
    /// <returns>False when it is no use to go on at once.</returns>
    public bool Take(in FollowerPosition asked, LeaderWord word)
    {
        switch (word.Error)
        {
            case ErrorCode.None when word.Diverging is { } leaders:
                if (Follows(asked)) TruncateTo(_rules.TruncationPoint(_epochs, leaders, _disk.EndOffset));
                return true;
            case ErrorCode.None:
                var goesOn = Append(asked, word);
                if (Follows(asked)) Trim(word.LogStart);
                return goesOn;
            case ErrorCode.OffsetOutOfRange:
                if (Follows(asked)) StartOver(_rules.StartsOverAt(word));
                return true;
            default:
                return false;
        }
    }

    /// <summary>Whether the leader that answered is still the one to follow: else its records may never get committed.</summary>
    private bool Follows(in FollowerPosition asked) => !_rules.ChecksAnswers || (!State.IsLeader && State.LeaderEpoch == asked.LeaderEpoch);

    private bool Append(in FollowerPosition asked, LeaderWord word)
    {
        if (!Follows(asked) || (_rules.ChecksAnswers && _disk.EndOffset != asked.EndOffset)) return true;

        var (taken, next) = (0, _disk.EndOffset);
        foreach (var batch in word.Batches)
        {
            if (taken == 0 && BeginsWithin(batch))
            {
                next = batch.BaseOffset;
                _disk.Restart(next, _disk.StartOffset, _schedule.Witness.ChainAt(next) ?? 0);
            }

            if (batch.BaseOffset < next || (_rules.ChecksAnswers && batch.Epoch > asked.LeaderEpoch)) break; // Compaction leaves gaps.
            if (batch.Epoch > _epochs.Latest) _epochs.Assign(batch.Epoch, batch.BaseOffset);
            _disk.Append(StoredBatch.After(_disk.Chain, batch.Batch, batch.Epoch, batch.BaseOffset, batch.Records, batch.Sequence));
            next = batch.NextOffset;
            taken++;
        }

        if (_rules.FollowersLearnProducers)
        {
            foreach (var batch in _disk.Batches[^taken..]) _producers.Appended(ProducerFiles.ProducedBy(batch), nowMs: 0);
        }

        if (Flushes && !Flush()) return false;
        State.ReplicaAppended(_disk.EndOffset, word.HighWatermark);
        return taken > 0 || word.Batches.Length == 0;
    }

    // Where a leader's records were deleted up to the middle of a batch, an empty follower's first batch begins before its log does.
    private bool BeginsWithin(in StoredBatch batch) =>
        _disk.StartOffset == _disk.EndOffset && batch.BaseOffset < _disk.StartOffset && batch.NextOffset > _disk.StartOffset;

    /// <summary>Deletes what the leader no longer has, as far as it is known to be committed.</summary>
    private void Trim(long leaderLogStart)
    {
        _disk.DeleteBefore(Math.Min(leaderLogStart, State.HighWatermark));
        _epochs.TruncateBefore(_disk.StartOffset);
    }

    /// <summary>The leader no longer has, or never had, what comes next here.</summary>
    private void StartOver(long leaderLogStart)
    {
        if (leaderLogStart < 0) return;

        _producers.BeforeTruncation(-1);
        _disk.Restart(leaderLogStart, leaderLogStart, _schedule.Witness.ChainAt(leaderLogStart) ?? 0);
        _epochs.Clear();
        LearnFromLog();
        State.ReplicaTruncated(leaderLogStart);
    }

    private void TruncateTo(long offset)
    {
        // At the very end too: an epoch may have begun there and written nothing, of which the leader knows nothing.
        _epochs.TruncateFrom(offset);
        if (offset >= _disk.EndOffset) return;

        _producers.BeforeTruncation(offset);
        _disk.TruncateTo(offset);
        _storedEnd = Math.Min(_storedEnd, _disk.EndOffset);
        LearnFromLog();
        State.ReplicaTruncated(_disk.EndOffset);
    }

    private void LearnFromLog()
    {
        // An epoch may begin at the very end: its leader was elected and wrote nothing yet.
        _epochs.TruncateFrom(_disk.EndOffset + 1);
        _epochs.TruncateBefore(_disk.StartOffset);
        _producers.Learn(_epochs, allEpochs: false, nowMs: 0);
    }
}
