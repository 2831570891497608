using Harness.Load.Running;
using Harness.Results;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Plans;

/// <summary>An experiment with its overrides, spelt out into cells and an order of runs. Starts nothing.</summary>
public sealed class Campaign
{
    /// <summary>How the order comes about, in words for the result.</summary>
    public const string OrderInWords = "interleaved: every cell once per repeat, in an order shuffled by the seed; new processes and data for every run";

    /// <summary>The measured time from which on a run is more than a look.</summary>
    private static readonly TimeSpan StandardTime = TimeSpan.FromSeconds(10);

    private Campaign(Experiment experiment, IReadOnlyList<string> overrides, IReadOnlyList<Plan> plans, IReadOnlyList<Cell> cells, int seed)
    {
        Experiment = experiment;
        Overrides = overrides;
        Plans = plans;
        Cells = cells;
        Seed = seed;
    }

    public Experiment Experiment { get; }

    /// <summary>What was changed of it, as given to <c>--set</c>.</summary>
    public IReadOnlyList<string> Overrides { get; }

    /// <summary>The experiment's plans with the overrides in force.</summary>
    public IReadOnlyList<Plan> Plans { get; }

    /// <summary>Every combination, in the order of the plans and their axes; strategies are resolved texts.</summary>
    public IReadOnlyList<Cell> Cells { get; }

    /// <summary>Decides everything random.</summary>
    public int Seed { get; }

    /// <summary>How much time it was given.</summary>
    public Profile Profile => Profile.Of(Overrides);

    /// <summary>Whether the rates are not the experiment's own.</summary>
    public bool IsSwept => Overrides.Any(assignment => PlanSettings.Split(assignment).Name == PlanSettings.Sweep);

    /// <summary>What is varied, over all plans.</summary>
    public IReadOnlyList<AxisFacts> Axes
    {
        get
        {
            var varied = Plans.SelectMany(plan => plan.Vary).ToLookup(axis => axis.Name);
            return
            [
                .. Cells.SelectMany(cell => cell.Facts.Values)
                    .GroupBy(value => value.Key)
                    .Select(axis => new AxisFacts(axis.Key, [.. axis.Select(value => value.Value).Distinct()], varied[axis.Key].FirstOrDefault()?.Unit)
                    {
                        Labels = varied[axis.Key].SelectMany(named => named.Labels).DistinctBy(label => label.Key).ToDictionary(),
                    }),
            ];
        }
    }

    /// <summary>The runs that are made whatever comes out, in their order: see <see cref="Rounds"/>.</summary>
    public IReadOnlyList<ScheduledRun> Runs => [.. Rounds().Take(Cells.Max(cell => cell.Schedule.Repeats)).SelectMany(round => round)];

    /// <summary>Repeats one after the other, cells shuffled within each, so that drift of the machine spreads over all. Where a budget asks
    /// for more repeats than the plan names, there is no end of them: who makes the runs says when it is enough.</summary>
    public IEnumerable<IReadOnlyList<ScheduledRun>> Rounds()
    {
        var random = new Random(Seed);
        for (var repeat = 1; ; repeat++)
        {
            var round = Cells.Where(cell => cell.Schedule.Repeats >= repeat || cell.Schedule.Budget is not null).ToArray();
            if (round.Length == 0) yield break;

            random.Shuffle(round);
            yield return [.. round.Select(cell => new ScheduledRun(cell, cell.Schedule.FirstRepeat + repeat - 1))];
        }
    }

    /// <summary>Whether the machine's limits are measured before and after it. Unless the plan says so, only where a run is measured for
    /// <see cref="StandardTime"/> or more: beside shorter ones it would take longer than they do.</summary>
    public bool IsCalibrated => Cells.Any(cell => cell.Schedule.Calibrate ?? cell.Schedule.Measure >= StandardTime);

    /// <summary>How long it will take, more or less: see <see cref="RunCost"/>. Where repeats go on for as long as a budget allows, that budget.</summary>
    public TimeSpan ExpectedTime
    {
        get
        {
            var runs = Runs.Aggregate(TimeSpan.Zero, (sum, run) => sum + RunCost.Of(run.Cell)) + (IsCalibrated ? 2 * RunCost.Calibration : TimeSpan.Zero);
            return Cells.Select(cell => cell.Schedule.Budget).OfType<TimeSpan>().Append(runs).Max();
        }
    }

    /// <summary>Warm-up and measured time of all runs; starting, checking and stopping come on top.</summary>
    public TimeSpan ShortestTime => Runs.Aggregate(TimeSpan.Zero, (sum, run) => sum + run.Cell.Schedule.Warmup + run.Cell.Schedule.Measure);

    /// <summary>What the disk under <paramref name="folder"/> does not hold of the runs on this machine, a sentence each.</summary>
    /// <param name="folder">Where the nodes' data goes.</param>
    /// <param name="freeBytes">What is free there.</param>
    /// <param name="keepData">Whether every run's data stays; if not, the largest run decides.</param>
    public IReadOnlyList<string> DiskProblems(string folder, long freeBytes, bool keepData)
    {
        var here = Cells.Where(cell => cell.Cluster.Hosts is null).ToList();
        if (!keepData) return [.. here.Select(cell => cell.Disk.Problem(cell.Facts.Id, folder, freeBytes)).OfType<string>()];

        var all = new DiskBudget(Runs.Where(run => here.Contains(run.Cell)).Sum(run => run.Cell.Disk.Bytes), $"{Runs.Count} runs whose data is kept");
        return all.Problem(Experiment.Id, folder, freeBytes) is { } problem ? [problem] : [];
    }

    /// <summary>Spells out the experiment.</summary>
    /// <param name="experiment">What to measure.</param>
    /// <param name="overrides">Assignments as given to <c>--set</c>, applied in order.</param>
    /// <param name="seed">Decides everything random.</param>
    /// <param name="system">Resolves the strategies; nothing is started.</param>
    /// <param name="stop">Ends it early.</param>
    /// <exception cref="PlanException">Something is wrong; the message has one line for each thing.</exception>
    public static async Task<Campaign> Prepare(
        Experiment experiment, IReadOnlyList<string> overrides, int seed, ISystemUnderTest system, CancellationToken stop)
    {
        var plans = Profile.PlansOf(experiment, overrides);
        var problems = new List<string>();
        var cells = new List<Cell>();
        var resolver = new Resolver(system);
        foreach (var plan in plans)
        {
            foreach (var values in Combinations(plan.Vary))
            {
                var applied = values.Aggregate(plan, (current, value) => PlanSettings.Apply(current, value.Axis.Setting, value.Text)
                    ?? throw new PlanException($"the axis {value.Axis.Name} varies {value.Axis.Setting}, which this load does not have."));
                var check = applied.Load is BrokerLoad ? await resolver.Check(applied.Cluster, stop) : SettingsCheck.NoBroker;
                var wrong = check.Problems.Concat(Problems(applied)).Concat(system.Problems(applied)).ToList();
                problems.AddRange(wrong);
                if (wrong.Count > 0) continue;

                var labels = new Dictionary<string, string>();
                if (experiment.Plans.Count > 1) labels[Plan.PartAxis] = plan.Part;
                foreach (var (axis, text) in values) labels[axis.Name] = check.Settings.GetValueOrDefault(axis.Setting, text);
                applied = applied with { Cluster = Resolve(applied.Cluster, check) };
                cells.Add(new Cell(CellFacts.Of(cells.Count + 1, labels), applied.Cluster, applied.Load, applied.Schedule, DiskBudget.Of(applied, check.Settings))
                {
                    Faults = applied.Faults,
                    CountsLoss = applied.CountsLoss,
                    Target = applied.Target,
                });
            }
        }

        if (problems.Count > 0) throw new PlanException(string.Join('\n', problems.Distinct()));
        return new Campaign(experiment, overrides, plans, cells, seed);
    }

    private static IEnumerable<IReadOnlyList<(Axis Axis, string Text)>> Combinations(IReadOnlyList<Axis> axes) =>
        axes.Aggregate<Axis, IEnumerable<IReadOnlyList<(Axis, string)>>>(
            [[]], (combinations, axis) => combinations.SelectMany(values => axis.Values.Select(text => (IReadOnlyList<(Axis, string)>)[.. values, (axis, text)])));

    private static IEnumerable<string> Problems(Plan plan)
    {
        if (plan.Schedule is { Precision: not null, Budget: null })
            yield return "schedule.precision needs a schedule.budget as well, such as 30min: noise may never let an interval become that narrow.";

        var problems = plan.Load switch
        {
            BrokerLoad load => Problems(plan, load),
            FileLoad files => files.Work.Problems().Select(problem => $"files: {problem}."),
            _ => [],
        };
        foreach (var problem in problems) yield return problem;
    }

    private static IEnumerable<string> Problems(Plan plan, BrokerLoad load)
    {
        var cluster = plan.Cluster;
        if (cluster.Replication > cluster.Nodes)
            yield return $"cluster.replication={cluster.Replication} needs at least that many nodes; cluster.nodes is {cluster.Nodes}.";
        if (cluster.MinInSync > cluster.Replication)
            yield return $"cluster.minInSync={cluster.MinInSync} is more than cluster.replication={cluster.Replication}: nothing could be written with acks=all.";

        if (cluster is { MemoryLimitBytes: not null, NodeMemoryBytes: not null })
            yield return "cluster.memoryLimit bounds all nodes together and cluster.memory each of them: a process can be in one group only, set one of the two to none.";
        if (CpuList.Problem("cluster.cpus", cluster.Cpus) is { } ofNodes) yield return ofNodes;
        if (CpuList.Problem("load.cpus", load.Cpus) is { } ofGenerator) yield return ofGenerator;

        if (cluster.Store == StorePlace.Etcd && cluster.Strategies.ContainsKey("metadata"))
            yield return "cluster.store=etcd sets the strategy of the metadata seam itself: leave metadata out.";
        foreach (var name in cluster.Settings.Keys.Where(TlsFiles.IsHarnessOwn))
            yield return $"broker.{name}: the harness sets it, by cluster.tls.";
        if (cluster.Tls != ClientTls.None && load is ProduceLoad { Generator: LoadGenerator.KafkaTools })
            yield return $"load.generator={GeneratorName.KafkaTools}: the tools are given no certificates: set cluster.tls to none.";
        foreach (var problem in HostProblems.Of(plan, load)) yield return problem;
        foreach (var problem in plan.Faults.Problems(cluster.Nodes, cluster.Replication, cluster.Store == StorePlace.Etcd, plan.Schedule.Measure)) yield return problem;

        if (load is ProduceLoad { Generator: LoadGenerator.KafkaTools } tools)
            foreach (var problem in KafkaTools.Problems(tools)) yield return $"load.generator={GeneratorName.KafkaTools}: {problem}.";

        // The worker would say the same, but only once the cluster runs.
        var job = load.Job(["127.0.0.1:1"], "load", plan.Schedule, seed: 1) with { Produce = load.Send, Consume = null };
        foreach (var problem in SpecCheck.Problems(job).Concat(SpecCheck.Problems(job, load.Partitions))) yield return $"load: {problem}.";
    }

    // The resolved text is what the node is started with, so that label and configuration cannot differ.
    private static ClusterPlan Resolve(ClusterPlan cluster, SettingsCheck check) => cluster.Strategies.Keys.Aggregate(cluster with { Warmup = cluster.Warmup ?? check.Warmup }, (current, seam) =>
        check.Settings.TryGetValue(seam, out var resolved) ? current.WithStrategy(seam, resolved) : current);

    /// <summary>Asks once for each different cluster: the answer costs the start of a process.</summary>
    private sealed class Resolver(ISystemUnderTest system)
    {
        private readonly Dictionary<string, SettingsCheck> _known = [];

        public async Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop)
        {
            var key = string.Join('\n', cluster.Strategies.Concat(cluster.Settings).Append(new("minInSync", $"{cluster.MinInSync}")).Append(new("system", cluster.System)).Append(new("tls", $"{cluster.Tls}")));
            return _known.TryGetValue(key, out var known) ? known : _known[key] = await system.Check(cluster, stop);
        }
    }
}
