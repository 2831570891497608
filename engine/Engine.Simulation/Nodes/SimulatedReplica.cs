using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>A replica's shell: the engine's state machines over a simulated disk, with those who wait for it.</summary>
internal sealed partial class SimulatedReplica
{
    private readonly Schedule _schedule;
    private readonly SimulatedNode _node;
    private readonly SimulatedDisk _disk;
    private readonly Rules _rules;
    private readonly IAckRule _acksAll;
    private readonly EpochHistory _epochs = new();
    private readonly RememberedProducers _producers;
    private readonly List<PartitionEffect> _effects = [];
    private readonly List<Waiting> _waiting = [];
    private readonly List<Parked> _parked = [];
    private int _firstReign = -1;
    private long _storedEnd;
    private bool _isFlushing;

    public SimulatedReplica(Schedule schedule, SimulatedNode node, SimulatedDisk disk)
    {
        (_schedule, _node, _disk, _rules) = (schedule, node, disk, schedule.Rules);
        _acksAll = _rules.AcksAll(Setting.Acks);
        State = new ReplicatedPartition(node.Id, Setting.ReplicaLagMax, _rules.Commit)
        {
            MinInSync = Setting.MinInSync,
            JoinsFlushed = Setting.Acks.NeedsFlush,
        };
        _streams = new PushedFollower?[Setting.Nodes];
        _producers = new RememberedProducers(node.Producers, node.Producers);
        // As where the file of epochs is lost: they follow from the batches alone.
        _producers.Learn(_epochs, allEpochs: true, nowMs: 0);
        _epochs.TruncateBefore(_disk.StartOffset);
        State.ReplicaAppended(_disk.EndOffset, 0);
        _storedEnd = _disk.EndOffset;
    }

    public ReplicatedPartition State { get; }

    private Setting Setting => _schedule.Setting;

    private bool Holds => Setting.HoldsAcknowledgements;

    private bool Flushes => (Holds || Setting.Acks.NeedsFlush) && _rules.WaitsForFlush;

    public void Produce(Produce asked)
    {
        var rule = RuleFor(asked);
        if (!_node.MayVouch || !State.IsLeader)
        {
            Answer(asked, ErrorCode.NotLeaderOrFollower, -1);
            return;
        }

        if (rule.Admits(State) is not ErrorCode.None and var refused)
        {
            Answer(asked, refused, -1);
            return;
        }

        if (_producers.Check(asked.Sequence, out var baseOffset) is not ErrorCode.None and var outOfSequence)
        {
            Answer(asked, outOfSequence, -1);
            return;
        }

        if (baseOffset < 0)
        {
            baseOffset = State.Append(asked.Records);
            _disk.Append(StoredBatch.After(_disk.Chain, asked.Batch, _rules.EpochOf(State, _firstReign), baseOffset, asked.Records, asked.Sequence));
            _producers.Appended(ProducerFiles.ProducedBy(_disk.Batches[^1]), nowMs: 0);
            if (!Holds || !Flushes) Stored(_disk.EndOffset);
            if (Flushes) BeginFlush();
        }

        _waiting.Add(new Waiting(asked, baseOffset, baseOffset + asked.Records, State.LeaderEpoch, _schedule.Now + Setting.ProduceTimeout));
        Execute();
        Wake();
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
            _storedEnd = _disk.EndOffset;
            if (_firstReign < 0) _firstReign = State.LeaderEpoch;
        }

        if (State.LeaderEpoch != epochBefore)
        {
            if (!State.IsLeader && _rules.CutBeforeFollowing(State, _disk.EndOffset) is var cut && cut < _disk.EndOffset) TruncateTo(cut);
            foreach (var waiting in _waiting) Answer(waiting.Asked, ErrorCode.NotLeaderOrFollower, -1);
            _waiting.Clear();
            Execute();
            Wake();
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
        if (Setting.OffsetsPerSegment > 0) _producers.Checkpoint();
        if (Setting is { OffsetsPerSegment: > 0, DropsOldSegments: true }) Retain();
        Wake();
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
        Wake();
    }

    /// <summary>Leader: has the records before an offset deleted, if they are committed; -1: all that are.</summary>
    public void Delete(long offset)
    {
        var most = _rules.DeletableEnd(State, _disk.EndOffset);
        if (!State.IsLeader || offset > most) return;

        if (offset < 0) offset = most;
        _schedule.Witness.Deleted(offset);
        _disk.DeleteBefore(offset);
        _epochs.TruncateBefore(_disk.StartOffset);
    }

    /// <summary>The node stops: what it knows of producers is written.</summary>
    public void KeepProducers() => _node.Producers.WriteLast(_producers.Now);

    /// <summary>Drops whole segments beyond those that are kept, as far as they are committed.</summary>
    private void Retain()
    {
        var kept = _disk.IndexOf(_node.Producers.SegmentOffsetFromEnd(Setting.SegmentsKept));
        if (kept == _disk.Batches.Length) return;

        var start = _disk.Batches[kept].BaseOffset;
        if (start <= _disk.StartOffset || start > _rules.DeletableEnd(State, _disk.EndOffset)) return;

        _schedule.Witness.Deleted(start);
        _disk.DropBefore(start);
        _epochs.TruncateBefore(_disk.StartOffset);
    }

    /// <summary>Looks at the log for whoever fetches: epochs, divergence, bounds. A follower's offset is its acknowledgement.</summary>
    /// <param name="bound">The offset up to which was looked.</param>
    private LeaderWord Look(Fetch asked, int mostBatches, out long bound)
    {
        bound = -1;
        var isFollower = asked.Replica >= 0;
        if (Refusal(asked.Replica, asked.BrokerEpoch) is not ErrorCode.None and var refused) return LeaderWord.Failed(refused);
        if (_rules.Fences(State, asked.LeaderEpoch) is not ErrorCode.None and var fenced) return LeaderWord.Failed(fenced);
        if (_rules.Divergence(_epochs, asked.LastEpoch, asked.Offset, _disk.EndOffset) is { } leaders) return leaders.Epoch < 0 ? OutOfRange() : Say([], leaders);
        if (asked.Offset < _disk.StartOffset || asked.Offset > _disk.EndOffset) return OutOfRange();

        if (isFollower)
        {
            var registration = _rules.FencesRegistrations ? asked.BrokerEpoch : -1;
            if (!State.FollowerFetched(asked.Replica, asked.Offset, new Instant(_schedule.Now), _effects, asked.IsFlushed ? asked.Offset : -1, registration))
                return LeaderWord.Failed(ErrorCode.NotLeaderOrFollower);
            Execute();
        }

        bound = isFollower ? _disk.EndOffset : _rules.ConsumerBound(State, _disk.EndOffset);
        return Say(_disk.Read(asked.Offset, bound, mostBatches));
    }

    /// <summary>Why nothing is said to or heard of somebody: this node or the follower may be one that the others take for dead.</summary>
    public ErrorCode Refusal(int replica, long brokerEpoch) =>
        !_node.MayVouch ? ErrorCode.NotLeaderOrFollower
        : replica >= 0 && _rules.FencesRegistrations && !_node.IsRegistered(replica, brokerEpoch) ? ErrorCode.StaleBrokerEpoch : ErrorCode.None;

    private LeaderWord Say(StoredBatch[] batches, (int Epoch, long EndOffset)? diverging = null) =>
        new(ErrorCode.None, State.HighWatermark, _disk.StartOffset, batches, diverging);

    private LeaderWord OutOfRange() => LeaderWord.Failed(ErrorCode.OffsetOutOfRange, State.HighWatermark, _disk.StartOffset);

    private void Fetch(Fetch asked, long until)
    {
        var word = Look(asked, Setting.BatchesPerFetch, out _);
        var waits = word is { Error: ErrorCode.None, Diverging: null, Batches.Length: 0 } && _schedule.Now < until;
        if (waits) _parked.Add(new Parked(asked, until));
        else _node.Answer(asked, new FetchAnswer(asked, word, State.Leader));
    }

    /// <summary>Those that wait for records look again: there may be some, or nobody here to give them.</summary>
    private void Wake()
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

        foreach (var stream in _streams) stream?.Grown();
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
        if (_waiting.Count == 0) return;

        var (kept, flushed) = (0, _rules.WaitsForFlush ? _disk.FlushedEnd : _disk.EndOffset);
        for (var i = 0; i < _waiting.Count; i++)
        {
            var waiting = _waiting[i];
            var rule = RuleFor(waiting.Asked);
            if (State.Reached(rule.AnswerAt!.Value, _disk.EndOffset, _storedEnd, flushed) < waiting.EndOffset)
            {
                _waiting[kept++] = waiting;
                continue;
            }

            var error = !_node.MayVouch || !State.IsLeader || State.LeaderEpoch != waiting.LeaderEpoch ? ErrorCode.NotLeaderOrFollower : rule.Answer(State);
            if (error == ErrorCode.None) _schedule.Witness.Vouched(_schedule, _node, waiting.Asked, waiting.BaseOffset);
            Answer(waiting.Asked, error, error == ErrorCode.None ? waiting.BaseOffset : -1);
        }

        _waiting.RemoveRange(kept, _waiting.Count - kept);
    }

    private IAckRule RuleFor(Produce asked) => asked.AcksAll ? _acksAll : AckRules.Leader;

    private void Answer(Produce asked, ErrorCode error, long baseOffset) =>
        _node.Answer(asked, new ProduceAnswer(asked.Token, asked.Batch, error, baseOffset, _node.MayVouch ? State.Leader : -1));

    private readonly record struct Waiting(Produce Asked, long BaseOffset, long EndOffset, int LeaderEpoch, long Until);

    private readonly record struct Parked(Fetch Asked, long Until);
}
