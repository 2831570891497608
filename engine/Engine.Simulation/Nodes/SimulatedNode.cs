using Engine.Core;
using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>A broker: its place in the cluster, its replica, and the leader that it follows.</summary>
internal sealed partial class SimulatedNode : Endpoint
{
    private const int TickTimer = 1;
    private const int FlushTimer = 2;
    private const int FollowTimer = 3;

    private static readonly TimeSpan CountedSession = TimeSpan.FromTicks(Setting.SessionTimeout * 9 / 10 / TimeSpan.NanosecondsPerTick);

    private readonly Rules _rules;
    private SessionClock _session = new(CountedSession, new Instant(0));
    private StoreClient _store;
    private long _firstEpoch;
    private int _ticks;
    private bool _isController;
    private bool _isLeaving;
    private (int Node, long Epoch)[] _expired = [];

    public SimulatedNode(Schedule schedule, int id, ClusterState state)
        : base(schedule, id)
    {
        (_rules, Disk) = (schedule.Rules, new SimulatedDisk(schedule.Chance));
        Producers = new ProducerFiles(schedule, Disk);
        (_store, Seen) = (new StoreClient(schedule, this), ClusterState.Empty);
        _firstEpoch = state.Brokers[id].Epoch;
        IsReplica = schedule.PartitionOf(state).Replicas.Contains(id);
        _isPushedTo = Chance.Percent(schedule.Setting.PushedToPercent);
    }

    public SimulatedDisk Disk { get; }

    /// <summary>What is on the disk of the producers.</summary>
    public ProducerFiles Producers { get; }

    /// <summary>Null while the node is down, or holds none.</summary>
    public SimulatedReplica? Replica { get; private set; }

    public bool IsReplica { get; }

    /// <summary>The newest state that this node knows.</summary>
    public ClusterState Seen { get; private set; }

    /// <summary>Whether records it acknowledged may be gone, by all that it can tell when it comes back.</summary>
    public bool MayHaveLost { get; private set; }

    /// <summary>Whether it ever lost what it had said to hold.</summary>
    public bool HasLostPower { get; private set; }

    /// <summary>Whether something is under way that changes who is in sync.</summary>
    public bool HasProposal => _store.Has(WishKind.InSync);

    /// <summary>Whether it is registered in its present life, by what it knows.</summary>
    public bool IsMember => Seen.Brokers.TryGetValue(Id, out var self) && self.Alive && self.Epoch >= _firstEpoch;

    /// <summary>Whether the others count on this node, by all that it can tell: else it acknowledges and serves nothing.</summary>
    public bool MayVouch => IsMember && (!_rules.AsksForASession || _session.HoldsAt(new Instant(Schedule.Now)));

    /// <summary>Whether it is about to stop, so that its registration ends while it still runs.</summary>
    public bool IsLeaving => _isLeaving;

    private int LeaderSeen => Seen.Version == 0 ? -1 : Schedule.PartitionOf(Seen).Leader;

    public long BrokerEpoch => IsMember ? Seen.Brokers[Id].Epoch : -1;

    /// <summary>The node of a new cluster begins with its registration done.</summary>
    public void Begin(ClusterState state)
    {
        OpenLog();
        See(state);
        SetTimer(TickTimer, Chance.Span(0, Setting.TickMs));
    }

    /// <summary>Starts again, with what the disk has.</summary>
    public void Start()
    {
        (IsUp, Seen, _store, _firstEpoch) = (true, ClusterState.Empty, new StoreClient(Schedule, this), long.MaxValue);
        (_asked, _intake, _isController, _isLeaving, _expired) = (null, null, false, false, []);
        _session = new SessionClock(CountedSession, new Instant(Schedule.Now) - CountedSession); // Over until it was heard.
        OpenLog();
        Beat();
        SetTimer(TickTimer, Setting.TickMs * VirtualTime.Millisecond);
    }

    /// <summary>The process is killed: its memory is gone, what it wrote is not.</summary>
    public void Crash()
    {
        MayHaveLost |= !Schedule.Setting.HoldsAcknowledgements;
        EndLife();
        Producers.Crash();
        Replica = null;
    }

    /// <summary>The machine loses its power: what was not flushed may be gone.</summary>
    public void LosePower()
    {
        Crash();
        HasLostPower |= !Schedule.Setting.HoldsAcknowledgements;
        Disk.LosePower();
        Producers.LosePower();
    }

    /// <summary>Hands over what it leads, leaves the cluster, and stops once the store knows.</summary>
    public void BeginStop()
    {
        if (_isLeaving) return;
        _isLeaving = true;
        _store.Add(new Wish(WishKind.Leave, state => IsMember ? [.. _rules.HandOver(state, Id)] : null, _ =>
            _store.Add(new Wish(WishKind.Leave, state => IsMember ? [new BrokerStopped(Id, state.Brokers[Id].Epoch)] : null, _ => StopCleanly()))));
    }

    /// <summary>Stops with everything flushed, whether or not the store could be told.</summary>
    public void StopCleanly()
    {
        if (!IsUp) return;
        if (!Disk.Flush())
        {
            LogFailed();
            return;
        }

        Replica?.KeepProducers();
        EndLife();
        Replica = null;
    }

    /// <summary>A flush failed. Nobody knows what is on the disk, so the node ends, as if its power had gone.</summary>
    public void LogFailed()
    {
        Crash();
        Schedule.Faults.NodeFailed(this);
    }

    /// <summary>Learns of a state, unless it knows a newer one.</summary>
    public void See(ClusterState state)
    {
        if (state.Version <= Seen.Version) return;
        Seen = state;
        if (_firstEpoch == long.MaxValue) _firstEpoch = state.Version + 1; // Registrations before are of an earlier life.
        if (!IsMember)
        {
            Register();
            return;
        }

        MayHaveLost = false;
        if (Replica is { } replica)
        {
            var now = Schedule.PartitionOf(state);
            replica.Update(new PartitionAssignment(now.Leader, now.LeaderEpoch, now.Epoch, [.. now.Replicas], [.. now.Isr]));
            if (!IsUp) return;
            Follow();
        }

        Control();
    }

    public bool IsRegistered(int node, long brokerEpoch) =>
        Seen.Brokers.TryGetValue(node, out var broker) && broker.Alive && broker.Epoch == brokerEpoch;

    public void Propose(int[] inSync, int partitionEpoch, JoiningReplica? joining)
    {
        var isRefused = false;
        _store.Add(new Wish(WishKind.InSync, Decide, taken =>
        {
            // Where the partition has moved on, the news of that settles it; here only a refusal that is for good.
            if (!taken && (isRefused || !_rules.WaitsForRefusals)) Replica?.ProposalFailed(partitionEpoch);
        }));

        IReadOnlyList<ClusterRecord>? Decide(ClusterState state)
        {
            var now = Schedule.PartitionOf(state);
            isRefused = false;
            if (now.Epoch != partitionEpoch) return null;
            isRefused = _rules.FencesRegistrations && joining is { } one && !IsThere(state, one);
            return isRefused ? null : [now.WithInSync([.. inSync], Schedule.Setting.MinInSync, Simulation.Schedule.TopicId, 0)];
        }

        static bool IsThere(ClusterState state, JoiningReplica one) =>
            state.Brokers.TryGetValue(one.Node, out var broker) && broker.Alive && broker.Epoch == one.BrokerEpoch;
    }

    /// <summary>What it was told of silent nodes is no longer so.</summary>
    public void NobodyIsExpired() => _expired = [];

    public void PlanFlush() => SetTimer(FlushTimer, Chance.Span(1, Schedule.Setting.FlushMs));

    public void Answer(Message asked, Message answer) => Send(asked.From, answer);

    /// <summary>Sends a follower what it did not ask for.</summary>
    public void Push(int follower, PushedFrame frame) => Send(follower, frame);

    protected override void Receive(Message message)
    {
        switch (message)
        {
            case Produce produce when Replica is { } replica:
                replica.Produce(produce);
                break;
            case Produce produce:
                Answer(produce, new ProduceAnswer(produce.Token, produce.Batch, ErrorCode.NotLeaderOrFollower, -1, LeaderSeen));
                break;
            case Fetch fetch when Replica is { } replica:
                replica.Fetch(fetch);
                break;
            case Fetch fetch:
                Answer(fetch, new FetchAnswer(fetch, LeaderWord.Failed(ErrorCode.NotLeaderOrFollower), LeaderSeen));
                break;
            case FetchAnswer answer:
                Take(answer);
                break;
            case PushAsk ask:
                Replica?.Take(ask);
                break;
            case PushedFrame frame:
                _intake?.Take(frame);
                if (IsUp) Follow();
                break;
            case DeleteRecords delete:
                Replica?.Delete(delete.Offset);
                break;
            case News news:
                See(news.State);
                break;
            case StoreAnswer answer:
                _store.Take(answer);
                break;
            case HeartbeatAnswer answer:
                Heard(answer);
                break;
        }
    }

    protected override void Due(int timer)
    {
        if (timer == FlushTimer) Replica?.FlushEnded();
        else if (timer == FollowTimer) Follow();
        else Tick();
    }

    private void Tick()
    {
        SetTimer(TickTimer, Setting.TickMs * VirtualTime.Millisecond);
        if (_ticks++ % Setting.TicksPerHeartbeat == 0) Beat();
        if (Seen.Version > 0 && !IsMember) Register();
        _store.Tick();
        FollowOn();
        if (Replica is not { } replica) return;
        replica.Tick();
        if (Chance.Percent(10)) replica.WriteBack();
    }

    private void Beat() => Send(Schedule.Store.Id, new Heartbeat(BrokerEpoch, Schedule.Now));

    private void Heard(HeartbeatAnswer answer)
    {
        var sent = new Instant(answer.Asked.SentAt);
        if (answer.Counts && sent > _session.Last)
        {
            if (_session.IsOverAt(sent)) _session.CountGap();
            _session.Renew(sent);
        }

        // What was decided up to when this was answered is known from here on.
        var gaps = _session.Gaps;
        (_isController, _expired) = (answer.IsController, answer.Expired);
        See(answer.State);
        if (answer.Counts) _session.CloseGaps(gaps);
        if (IsUp) Control();
    }

    private void OpenLog()
    {
        if (IsReplica) Replica = new SimulatedReplica(Schedule, this, Disk);
    }

    private void Register()
    {
        if (_isLeaving || _store.Has(WishKind.Register)) return;
        _store.Add(new Wish(WishKind.Register, state => IsAlive(state) ? null :
        [
            new BrokerRegistered(Id, state.Version + 1, "node", Id, "node", Id),
            .. _rules.Return(state, Id, MayHaveLost),
        ], taken =>
        {
            if (taken) Beat();
        }));
    }

    private bool IsAlive(ClusterState state) => state.Brokers.TryGetValue(Id, out var self) && self.Alive && self.Epoch >= _firstEpoch;

    /// <summary>The controller's part: ends the registrations of the dead, and elects.</summary>
    private void Control()
    {
        if (!_isController || !IsMember || _store.Has(WishKind.Control) || Decide(Seen).Count == 0) return;
        _store.Add(new Wish(WishKind.Control, state => _isController ? Decide(state) : null));

        List<ClusterRecord> Decide(ClusterState state)
        {
            List<ClusterRecord> records = [];
            foreach (var (node, epoch) in _expired)
            {
                if (!state.Brokers.TryGetValue(node, out var broker) || !broker.Alive || broker.Epoch != epoch) continue;
                records.Add(new BrokerStopped(node, epoch));
                state = state.Apply(records[^1]);
            }

            records.AddRange(_rules.Elect(state, Schedule.Defaults));
            return records;
        }
    }
}
