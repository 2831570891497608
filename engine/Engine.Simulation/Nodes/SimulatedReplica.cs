using Engine.Core;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>A replica's shell: the engine's state machines over a simulated disk, with those who wait for it.</summary>
internal sealed class SimulatedReplica
{
    private readonly Schedule _schedule;
    private readonly SimulatedNode _node;
    private readonly SimulatedDisk _disk;
    private readonly Rules _rules;
    private readonly EpochHistory _epochs = new();
    private readonly ProducerStates _producers = new();
    private readonly List<PartitionEffect> _effects = [];
    private readonly List<Waiting> _waiting = [];
    private readonly List<Parked> _parked = [];
    private int _firstReign = -1;
    private long _storedEnd;
    private bool _isFlushing;

    public SimulatedReplica(Schedule schedule, SimulatedNode node, SimulatedDisk disk)
    {
        (_schedule, _node, _disk, _rules) = (schedule, node, disk, schedule.Rules);
        State = new ReplicatedPartition(node.Id, schedule.Setting.ReplicaLagMax, _rules.Commit) 
        {
            MinInSync = schedule.Setting.MinInSync,
            JoinsFlushed = schedule.Setting.FlushesForAcks,
        };
        LearnFromLog();
        State.ReplicaAppended(_disk.EndOffset, 0);
        _storedEnd = _disk.EndOffset;
    }

    public ReplicatedPartition State { get; }

    /// <summary>The newest epoch that wrote here.</summary>
    public int LastEpoch => _epochs.Latest;

    private bool Holds => _schedule.Setting.HoldsAcknowledgements;

    private bool Flushes => (Holds || _schedule.Setting.FlushesForAcks) && _rules.WaitsForFlush;

    private bool HasEnoughInSync =>
        State.InSync.Count >= (_schedule.Setting.FlushesForAcks ? Math.Max(State.MinInSync, State.Majority) : State.MinInSync);

    /// <summary>How far acks=all has what it asks for.</summary>
    private long AnswerableEnd => _schedule.Setting.FlushesForAcks
        ? State.FlushedEnd(_rules.WaitsForFlush ? _disk.FlushedEnd : _disk.EndOffset)
        : State.HighWatermark;

    public void Produce(Produce asked)
    {
        if (!State.IsLeader)
        {
            Answer(asked, ErrorCode.NotLeaderOrFollower, -1);
            return;
        }

        if (asked.AcksAll && !HasEnoughInSync)
        {
            Answer(asked, ErrorCode.NotEnoughReplicas, -1);
            return;
        }

        if (_producers.Check(asked.Sequence, out var baseOffset) is not ErrorCode.None and var refused)
        {
            Answer(asked, refused, -1);
            return;
        }

        if (baseOffset < 0)
        {
            baseOffset = State.Append(asked.Records);
            _disk.Append(StoredBatch.After(_disk.Chain, asked.Batch, _rules.EpochOf(State, _firstReign), baseOffset, asked.Records, asked.Sequence));
            _producers.Appended(asked.Sequence, baseOffset, nowMs: 0);
            if (!Holds || !Flushes) Stored(_disk.EndOffset);
            if (Flushes) BeginFlush();
        }

        _waiting.Add(new Waiting(asked, baseOffset, baseOffset + asked.Records, State.LeaderEpoch, _schedule.Now + Setting.ProduceTimeout));
        Execute();
        WakeFetches();
    }

    public void Fetch(Fetch asked) => Fetch(asked, _schedule.Now + Setting.FetchWait);

    /// <summary>The store's news: who leads, who is in sync.</summary>
    public void Update(in PartitionAssignment news)
    {
        var epochBefore = State.LeaderEpoch;
        // A leader vouches for all it has, so what its policy still holds back is stored before it begins.
        if (news.LeaderEpoch != epochBefore && Holds && _rules.WaitsForFlush && !Flush()) return;
        if (State.Update(news, _disk.EndOffset, new Instant(_schedule.Now), _effects))
        {
            _epochs.Assign(State.LeaderEpoch, _disk.EndOffset);
            if (_firstReign < 0) _firstReign = State.LeaderEpoch;
        }

        if (State.LeaderEpoch != epochBefore)
        {
            if (!State.IsLeader && _rules.CutBeforeFollowing(State, _disk.EndOffset) is var cut && cut < _disk.EndOffset) TruncateTo(cut);
            foreach (var waiting in _waiting) Answer(waiting.Asked, ErrorCode.NotLeaderOrFollower, -1);
            _waiting.Clear();
            Execute();
            WakeFetches();
        }
        else Execute();
    }

    public void Tick()
    {
        State.Tick(new Instant(_schedule.Now), _effects);
        Execute();
        foreach (var waiting in _waiting)
            if (waiting.Until <= _schedule.Now) Answer(waiting.Asked, ErrorCode.RequestTimedOut, -1);
        _waiting.RemoveAll(waiting => waiting.Until <= _schedule.Now);
        WakeFetches();
    }

    /// <summary>Now and then the system writes what nobody waits for.</summary>
    public void WriteBack()
    {
        if (!Holds) _disk.Flush();
    }

    public void ProposalFailed(int partitionEpoch) => State.ProposalFailed(_rules.WaitsForRefusals ? partitionEpoch : State.PartitionEpoch);

    /// <summary>A flush that began a while ago is over, and took all that came in meanwhile.</summary>
    public void FlushEnded()
    {
        _isFlushing = false;
        if (!Flush()) return;
        Stored(_disk.EndOffset);
        Execute();
        WakeFetches();
    }

    /// <summary>Follower: takes a leader's answer.</summary>
    /// <returns>False when it should pause before it asks again.</returns>
    public bool Take(FetchAnswer answer)
    {
        var asked = answer.Asked;
        // The leader that answered is no longer the one to follow, or the log has changed: its records may never get committed.
        if (_rules.ChecksAnswers && (State.IsLeader || State.LeaderEpoch != asked.LeaderEpoch || _disk.EndOffset != asked.Offset)) return true;

        switch (answer.Error)
        {
            case ErrorCode.None when answer.Diverging is { } leaders:
                TruncateTo(_rules.TruncationPoint(_epochs, leaders, _disk.EndOffset));
                return true;
            case ErrorCode.None:
                return Append(answer);
            case ErrorCode.OffsetOutOfRange:
                TruncateTo(0);
                return true;
            default:
                return false;
        }
    }

    private bool Append(FetchAnswer answer)
    {
        foreach (var batch in answer.Batches)
        {
            if (batch.BaseOffset != _disk.EndOffset || (_rules.ChecksAnswers && batch.Epoch > answer.Asked.LeaderEpoch)) break;
            if (batch.Epoch > _epochs.Latest) _epochs.Assign(batch.Epoch, batch.BaseOffset);
            _disk.Append(StoredBatch.After(_disk.Chain, batch.Batch, batch.Epoch, batch.BaseOffset, batch.Records, batch.Sequence));
            if (_rules.FollowersLearnProducers) _producers.Appended(batch.Sequence, batch.BaseOffset, nowMs: 0);
        }

        if (Flushes && !Flush()) return false;
        State.ReplicaAppended(_disk.EndOffset, answer.HighWatermark);
        return true;
    }

    private void Fetch(Fetch asked, long until)
    {
        if (_rules.Fences(State, asked.LeaderEpoch) is not ErrorCode.None and var fenced)
        {
            Answer(asked, fenced);
            return;
        }

        var isFollower = asked.Replica >= 0;
        if (isFollower && _rules.FencesRegistrations && !_node.IsRegistered(asked.Replica, asked.BrokerEpoch))
        {
            Answer(asked, ErrorCode.StaleBrokerEpoch);
            return;
        }

        if (_rules.Divergence(_epochs, asked.LastEpoch, asked.Offset, _disk.EndOffset) is { } leaders)
        {
            if (leaders.Epoch < 0) Answer(asked, ErrorCode.OffsetOutOfRange);
            else Answer(asked, ErrorCode.None, diverging: leaders);
            return;
        }

        if (asked.Offset > _disk.EndOffset)
        {
            Answer(asked, ErrorCode.OffsetOutOfRange);
            return;
        }

        if (isFollower)
        {
            var registration = _rules.FencesRegistrations ? asked.BrokerEpoch : -1;
            if (!State.FollowerFetched(asked.Replica, asked.Offset, new Instant(_schedule.Now), _effects, asked.IsFlushed ? asked.Offset : -1, registration))
            {
                Answer(asked, ErrorCode.NotLeaderOrFollower);
                return;
            }

            Execute();
        }

        var batches = _disk.Read(asked.Offset, isFollower ? _disk.EndOffset : _rules.ConsumerBound(State, _disk.EndOffset), _schedule.Setting.BatchesPerFetch);
        if (batches.Length == 0 && _schedule.Now < until) _parked.Add(new Parked(asked, until));
        else Answer(asked, ErrorCode.None, batches);
    }

    /// <summary>Those that wait for records look again: there may be some, or nobody here to give them.</summary>
    private void WakeFetches()
    {
        for (var i = _parked.Count - 1; i >= 0; i--)
        {
            var (asked, until) = _parked[i];
            var bound = asked.Replica >= 0 ? _disk.EndOffset : _rules.ConsumerBound(State, _disk.EndOffset);
            if (bound <= asked.Offset && _schedule.Now < until && State.IsLeader) continue;
            _parked.RemoveAt(i);
            Fetch(asked, until: _schedule.Now);
            i = Math.Min(i, _parked.Count);
        }
    }

    private void BeginFlush()
    {
        if (_isFlushing) return;
        _isFlushing = true;
        _node.PlanFlush();
    }

    private bool Flush()
    {
        if (_disk.Flush()) return true;
        _node.LogFailed();
        return false;
    }

    private void Stored(long end)
    {
        _storedEnd = end;
        State.LeaderStored(end, _effects);
    }

    private void Execute()
    {
        for (var i = 0; i < _effects.Count; i++)
        {
            if (_effects[i].Kind == PartitionEffectKind.Committed) _schedule.Witness.Committed(_disk, _effects[i].HighWatermark);
            else _node.Propose(_effects[i].InSync.Nodes(State.Assignment), State.PartitionEpoch, _effects[i].Joining);
        }

        _effects.Clear();
        AnswerReached();
    }

    private void AnswerReached()
    {
        var kept = 0;
        for (var i = 0; i < _waiting.Count; i++)
        {
            var waiting = _waiting[i];
            if ((waiting.Asked.AcksAll ? AnswerableEnd : Math.Max(_storedEnd, State.HighWatermark)) < waiting.EndOffset)
            {
                _waiting[kept++] = waiting;
                continue;
            }

            var error = !State.IsLeader || State.LeaderEpoch != waiting.LeaderEpoch ? ErrorCode.NotLeaderOrFollower
                : waiting.Asked.AcksAll && !HasEnoughInSync ? ErrorCode.NotEnoughReplicasAfterAppend
                : ErrorCode.None;
            Answer(waiting.Asked, error, error == ErrorCode.None ? waiting.BaseOffset : -1);
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    private void TruncateTo(long offset)
    {
        // At the very end too: an epoch may have begun there and written nothing, of which the leader knows nothing.
        _epochs.TruncateFrom(offset);
        if (offset >= _disk.EndOffset) return;

        _disk.TruncateTo(offset);
        _storedEnd = Math.Min(_storedEnd, _disk.EndOffset);
        LearnFromLog();
        State.ReplicaTruncated(_disk.EndOffset);
    }

    /// <summary>Epochs and producers follow from the batches alone.</summary>
    private void LearnFromLog()
    {
        _epochs.Clear();
        _producers.Clear();
        foreach (var batch in _disk.Batches)
        {
            if (batch.Epoch > _epochs.Latest) _epochs.Assign(batch.Epoch, batch.BaseOffset);
            _producers.Appended(batch.Sequence, batch.BaseOffset, nowMs: 0);
        }
    }

    private void Answer(Produce asked, ErrorCode error, long baseOffset) =>
        _node.Answer(asked, new ProduceAnswer(asked.Token, asked.Batch, error, baseOffset, State.Leader));

    private void Answer(Fetch asked, ErrorCode error, StoredBatch[]? batches = null, (int Epoch, long EndOffset)? diverging = null) =>
        _node.Answer(asked, new FetchAnswer(asked, error, State.HighWatermark, batches ?? [], diverging, State.Leader));

    private Setting Setting => _schedule.Setting;

    private readonly record struct Waiting(Produce Asked, long BaseOffset, long EndOffset, int LeaderEpoch, long Until);

    private readonly record struct Parked(Fetch Asked, long Until);
}
