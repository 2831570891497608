using System.Collections.Immutable;
using Engine.Core.Cluster;
using Engine.Simulation.Clients;
using Engine.Simulation.Faults;
using Engine.Simulation.Laws;
using Engine.Simulation.Machines;
using Engine.Simulation.Nodes;

namespace Engine.Simulation;

/// <summary>One seed, one run: a cluster with one partition, its clients, some seconds of faults, and the healing after them.</summary>
/// <remarks>All that happens follows from the scenario and the seed, in one thread, by virtual time. After every event every law is asked.</remarks>
internal sealed class Schedule
{
    /// <summary>How long after the last fault everything must be well again.</summary>
    public const long HealsWithin = 10 * VirtualTime.Second;

    private const int EventsKept = 40;

    public static readonly Guid TopicId = new(0x51, 0x17, 0, 1, 2, 3, 4, 5, 6, 7, 8);

    private readonly EventQueue _queue = new();
    private readonly Endpoint[] _endpoints;
    private readonly List<bool> _batches = []; // By number: whether its producer is idempotent.
    private readonly IReadOnlyList<Law> _laws;
    private readonly Trace _trace;
    private readonly Action<string>? _log;
    private ClusterState? _partitionOf;
    private long _connections;
    private PartitionState? _partition;

    /// <param name="seed">Decides everything.</param>
    /// <param name="rules">What the nodes do; null: what the engine's do.</param>
    /// <param name="laws">What must hold; null: all laws.</param>
    /// <param name="log">Takes every event as text, in order; null: only the last ones are kept, for a failure.</param>
    /// <param name="spared">Faults that do not come, counted from 0.</param>
    public Schedule(
        ulong seed, Scenario scenario, Rules? rules = null, IReadOnlyList<Law>? laws = null, Action<string>? log = null, ImmutableSortedSet<int>? spared = null)
    {
        (Seed, Scenario, Chance, Spared) = (seed, scenario, new Chance(seed), spared ?? []);
        (Rules, _laws, _trace) = (rules ?? Rules.Sound, laws ?? scenario.Laws(), new Trace(EventsKept, log));
        _log = log;
        Setting = scenario.Draw(Chance);
        var state = NewCluster();
        (Nodes, Faults) = (new List<SimulatedNode>(Setting.Nodes), new FaultScript(this, scenario.Kinds));
        EndpointCount = Setting.Nodes + 5;
        Network = new SimulatedNetwork(this, EndpointCount)
        {
            DelayMs = Setting.DelayMs,
            LossPerMille = Setting.LossPerMille,
            DuplicatesPerMille = Setting.DuplicatesPerMille,
        };
        for (var id = 0; id < Setting.Nodes; id++) Nodes.Add(new SimulatedNode(this, id, state));
        Store = new SimulatedStore(this, Setting.Nodes, Setting.Nodes, state);
        Idempotent = new SimulatedProducer(this, Setting.Nodes + 1, isIdempotent: true, acksAll: true);
        Plain = new SimulatedProducer(this, Setting.Nodes + 2, isIdempotent: false, acksAll: !Setting.HasLeaderAcks);
        Consumer = new SimulatedConsumer(this, Setting.Nodes + 3);
        Admin = new SimulatedAdmin(this, Setting.Nodes + 4);
        _endpoints = [.. Nodes, Store, Idempotent, Plain, Consumer, Admin];
        foreach (var node in Nodes) node.Begin(state);
        Idempotent.Begin();
        Plain.Begin();
        Consumer.Begin();
        Admin.Begin();
        Faults.Begin();
    }

    public ulong Seed { get; }

    public Scenario Scenario { get; }

    public ImmutableSortedSet<int> Spared { get; }

    public Setting Setting { get; }

    public Chance Chance { get; }

    public Rules Rules { get; }

    public TopicConfig Defaults { get; private set; } = new();

    public SimulatedNetwork Network { get; }

    public List<SimulatedNode> Nodes { get; }

    public SimulatedStore Store { get; }

    public SimulatedProducer Idempotent { get; }

    public SimulatedProducer Plain { get; }

    public SimulatedConsumer Consumer { get; }

    public SimulatedAdmin Admin { get; }

    public FaultScript Faults { get; }

    public Witness Witness { get; } = new();

    public int EndpointCount { get; }

    /// <summary>Nanoseconds of virtual time.</summary>
    public long Now { get; private set; }

    /// <summary>Events so far.</summary>
    public int Steps { get; private set; }

    /// <summary>True at the last check: all is well, or the time for that is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Healed, and batches were acknowledged since: the rest is to come to an end.</summary>
    public bool ProducersStop => Faults.IsHealed && Now > Faults.HealedAt + 400 * VirtualTime.Millisecond && Idempotent.Acknowledged > Faults.AcknowledgedBefore;

    /// <summary>Runs to the end, or to the first event after which a law is broken.</summary>
    public Outcome Run()
    {
        try
        {
            while (!IsOver)
            {
                Step();
                IsOver = Faults.IsHealed && (Now > Faults.HealedAt + HealsWithin || IsSettled());
                foreach (var law in _laws)
                    if (law.Broken(this) is { } why) return End(law.Name, why);
            }

            return End(null, null);
        }
        catch (Exception error) when (error is ClusterRecordException or InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            return End("NothingThrows", error.ToString());
        }
    }

    /// <summary>Something that is worth a line in a full trace.</summary>
    public void Note(string what) => _log?.Invoke($"               {what}");

    public Endpoint Endpoint(int id) => _endpoints[id];

    /// <summary>A number for a connection that no other has; later ones have higher ones.</summary>
    public long NextConnection() => ++_connections;

    public void Plan(long delay, in Happening what) => _queue.Add(Now + delay, what);

    public PartitionState PartitionOf(ClusterState state)
    {
        if (!ReferenceEquals(state, _partitionOf)) (_partitionOf, _partition) = (state, state.FindTopic(TopicId)!.Partitions[0]);
        return _partition!;
    }

    /// <summary>The number of a producer's next batch.</summary>
    public long NextBatch(bool isIdempotent)
    {
        _batches.Add(isIdempotent);
        return _batches.Count - 1;
    }

    public bool IsIdempotent(long batch) => _batches[(int)batch];

    /// <summary>Every node up and known to be, every replica in sync, nothing under way that would change it.</summary>
    public bool IsWhole()
    {
        if (PartitionOf(Store.State) is not { Leader: >= 0 } partition || partition.Isr.Length != partition.Replicas.Length) return false;
        foreach (var node in Nodes)
            if (!node.IsUp || node.IsPaused || !node.IsMember || node.HasProposal || node.Seen.Version != Store.State.Version || !Store.State.IsAlive(node.Id)) return false;
        return true;
    }

    /// <summary>All that was sent has been answered, all replicas hold the same, and the consumer has read it.</summary>
    public bool IsSettled()
    {
        if (!ProducersStop || !Idempotent.IsIdle || !Plain.IsIdle || !IsWhole()) return false;
        var leader = Nodes[PartitionOf(Store.State).Leader];
        if (leader.Replica is not { } leading || !leading.State.IsLeader || leading.State.HighWatermark != leader.Disk.EndOffset) return false;
        foreach (var node in Nodes)
            if (node.Replica is { } replica && (node.Disk.Chain != leader.Disk.Chain || replica.State.HighWatermark != leading.State.HighWatermark)) return false;
        return Consumer.Position >= leader.Disk.EndOffset; // Past it where the promise lets go what was read.
    }

    private void Step()
    {
        var planned = _queue.Take();
        var what = planned.What;
        Now = planned.At;
        Steps++;
        if (what.Endpoint < 0)
        {
            _trace.Add(planned, 0);
            Faults.Due(what.Timer);
            return;
        }

        var endpoint = _endpoints[what.Endpoint];
        if (what.Life != endpoint.Life || !endpoint.IsUp || (what.Message is { } message && Network.Loses(message))) return;
        _trace.Add(planned, what.Endpoint < Nodes.Count ? Nodes[what.Endpoint].Disk.Chain : 0);
        endpoint.Happen(what);
    }

    private Outcome End(string? law, string? why) => new(
        Seed, Scenario.Name, law, why, Steps, Now, _trace.Fingerprint, _trace.Last(), Witness.CommittedBatches.Count, LostLeaderAcks(), Witness.LostQuorumAcks,
        Faults.Count, Spared);

    /// <summary>What only a leader had vouched for and is not in the log at the end.</summary>
    private int LostLeaderAcks()
    {
        var lost = 0;
        foreach (var ack in Witness.Acks)
            if (!ack.IsPromised && Witness.Find(ack.BaseOffset)?.Batch != ack.Batch) lost++;
        return lost;
    }

    /// <summary>Nodes registered, and one topic of one partition, all of whose replicas are in sync.</summary>
    private ClusterState NewCluster()
    {
        Defaults = new TopicConfig { MinInsyncReplicas = Setting.MinInSync };
        var state = ClusterState.Empty.Apply(new ClusterCreated("simulated"));
        for (var node = 0; node < Setting.Nodes; node++)
            state = state.Apply(new BrokerRegistered(node, state.Version + 1, "node", node, "node", node));

        var replicas = ImmutableArray.CreateBuilder<int>();
        for (var first = Chance.Below(Setting.Nodes); replicas.Count < Setting.Replicas;) replicas.Add((first + replicas.Count) % Setting.Nodes);
        return state.Apply(new TopicCreated("log", TopicId, ImmutableSortedDictionary<string, string>.Empty, [PartitionState.New(replicas.ToImmutable())]));
    }
}
