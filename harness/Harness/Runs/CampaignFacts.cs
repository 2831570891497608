using Engine.Core.Strategies;
using Harness.Faults;
using Harness.Files;
using Harness.Load;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;

namespace Harness.Runs;

/// <summary>A campaign in the words of its result: what is on disk before the first number is.</summary>
public static class CampaignFacts
{
    /// <summary>The chart of whoever sweeps the offered rate.</summary>
    internal static readonly ChartRequest Curve = new() { Kind = ChartKind.ThroughputLatencyCurve, Title = "Latency over the achieved rate" };

    /// <summary>The plan as the result keeps it.</summary>
    /// <param name="campaign">What is measured.</param>
    /// <param name="machine">Where.</param>
    /// <param name="workFolder">Where the nodes keep their data.</param>
    /// <param name="command">The command line that repeats it.</param>
    public static ResultPlan Describe(Campaign campaign, MachineFacts machine, string workFolder, string command)
    {
        var (experiment, schedule) = (campaign.Experiment, campaign.Cells[0].Schedule);
        return new ResultPlan
        {
            Experiment = experiment.Id,
            Title = experiment.Title,
            Question = experiment.Question,
            Expectation = experiment.Expectation.Text,
            Claims = experiment.Claims,
            Checks = experiment.Expectation.Checks,
            Axes = campaign.Axes,
            Cells = [.. campaign.Cells.Select(cell => cell.Facts)],
            Schedule = new ScheduleFacts(schedule.Warmup.TotalSeconds, schedule.Measure.TotalSeconds, schedule.Repeats, Campaign.OrderInWords) { Precision = schedule.Precision, BudgetSeconds = schedule.Budget?.TotalSeconds },
            Load = Merge(campaign, DescribeLoad),
            Cluster = Merge(campaign, DescribeCluster),
            Seed = campaign.Seed,
            Overrides = campaign.Overrides,
            Profile = campaign.Profile.Name,
            Charts = [.. ChartsOf(campaign)],
            Command = command,
            Started = DateTimeOffset.UtcNow,
            Caveats = [.. campaign.Profile.Caveats(experiment), .. experiment.Caveats, .. Caveats(campaign, machine, workFolder)],
        };
    }

    // Charts of what an override or a profile has left out would only be reported as not drawn.
    private static IEnumerable<ChartRequest> ChartsOf(Campaign campaign)
    {
        var charts = campaign.Experiment.Charts.Where(chart => campaign.Cells.Any(cell => CellSelector.Matches(chart.Only, cell.Facts.Values)));
        return campaign.IsSwept ? charts.Where(chart => !chart.Only.ContainsKey(Axis.RateName)).Prepend(Curve) : charts;
    }

    /// <summary>A line per part where an experiment has several, else the facts as they are.</summary>
    private static Dictionary<string, string> Merge(Campaign campaign, Func<Plan, IEnumerable<(string Name, string Text)>> describe)
    {
        var facts = new Dictionary<string, string>();
        foreach (var plan in campaign.Plans)
            foreach (var (name, text) in describe(plan))
                facts[campaign.Plans.Count > 1 ? $"{plan.Part}: {name}" : name] = text;
        return facts;
    }

    private static IEnumerable<(string, string)> DescribeLoad(Plan plan)
    {
        var varied = plan.Vary.Select(axis => axis.Setting).ToHashSet();
        var facts = plan.Load switch { BrokerLoad load => DescribeBrokerLoad(load, varied), FileLoad files => DescribeFiles(files.Work, varied), _ => [] };
        if (!plan.Faults.IsEmpty && !varied.Contains("faults")) facts = facts.Append(("faults", plan.Faults.Text));
        if (plan.Target is { } target) facts = facts.Append(("wanted", $"{target}"));
        return facts.Append(("time", $"{Quantity.Format(plan.Schedule.Warmup)} warm-up, {Quantity.Format(plan.Schedule.Measure)} measured, {plan.Schedule.Repeats} repeats"));
    }

    private static IEnumerable<(string, string)> DescribeFiles(FileWork work, HashSet<string> varied)
    {
        yield return ("kind", "a process that goes through files, no broker");
        (string Name, string Text)[] facts =
        [
            ("action", work.Action.ToString().ToLowerInvariant()), ("api", work.Api), ("pattern", work.Pattern.ToString().ToLowerInvariant()),
            ("blockBytes", Quantity.FormatBytes(work.BlockBytes)), ("threads", $"{work.Threads}"), ("fileBytes", Quantity.FormatBytes(work.FileBytes)),
            ("cache", work.Cache.ToString().ToLowerInvariant()), ("advice", work.Advice.ToString().ToLowerInvariant()),
            ("syncEvery", work.SyncEveryBytes == 0 ? "never made durable" : Quantity.FormatBytes(work.SyncEveryBytes)),
        ];
        foreach (var (name, text) in facts)
            if (!varied.Contains("files." + name)) yield return (name, text);
    }

    private static IEnumerable<(string, string)> DescribeBrokerLoad(BrokerLoad load, HashSet<string> varied)
    {
        var send = load.Send;
        if (load is ReadLoad read)
        {
            yield return ("kind", "readers of a topic that was filled first");
            yield return ("filled with", Quantity.FormatBytes(read.FillBytes));
            yield return ("reading", $"{read.Read.Reading.ToString().ToLowerInvariant()}, up to {Quantity.FormatBytes(read.Read.PartitionMaxBytes)} of a partition a fetch");
        }
        else if (!varied.Contains("load.recordsPerSecond"))
        {
            yield return ("arrival", send.Arrival == Arrival.Closed ? "closed loop" : $"{(send.Arrival == Arrival.OpenShaped ? send.ArrivalShape : send.Arrival.ToString())}, {send.RecordsPerSecond:N0} records/s");
        }

        if (load is ProduceLoad { Generator: LoadGenerator.KafkaTools } && !varied.Contains("load.generator"))
            yield return ("generator", GeneratorName.KafkaTools);
        yield return ("record", $"{send.RecordSize}, keys {send.Keys}");
        yield return ("batch", $"{Quantity.FormatBytes(send.BatchBytes)}, linger {Quantity.Format(send.Linger)}");
        yield return ("acks", send.Acks < 0 ? "all" : $"{send.Acks}");
        yield return ("producers", $"{send.Connections}, {send.MaxInFlight} requests in flight{(send.Idempotent ? ", idempotent" : "")}");
        yield return ("partitions", $"{load.Partitions}");
        if (load.Cpus is { } cpus) yield return ("CPUs of the generator", cpus);
        yield return ("encoding", send.TemplateMode ? "one encoded batch sent again and again: an upper bound" : "every record of its own");
        if (load is ProduceLoad produce) yield return ("checked", $"every acknowledged record read back {produce.Check.When.ToString().ToLowerInvariant()} the run");
    }

    private static IEnumerable<(string, string)> DescribeCluster(Plan plan)
    {
        if (plan.Load is not BrokerLoad)
        {
            yield return ("nodes", "none");
            yield break;
        }

        var varied = plan.Vary.Select(axis => axis.Setting).ToHashSet();
        if (!varied.Contains("system")) yield return ("system", plan.Cluster.System);
        yield return ("nodes", $"{plan.Cluster.Nodes}");
        yield return ("replication", $"{plan.Cluster.Replication}");
        yield return ("min.insync.replicas", $"{plan.Cluster.MinInSync}");
        foreach (var (seam, text) in plan.Cluster.Strategies)
            if (!varied.Contains(seam)) yield return (seam, text);
        foreach (var (name, value) in plan.Cluster.Settings)
            if (!varied.Contains("broker." + name)) yield return (name, value);
        foreach (var (name, value) in plan.Cluster.Environment) yield return (name, value);
        if (plan.Cluster.MemoryLimitBytes is { } limit) yield return ("memory limit", Quantity.FormatBytes(limit));
        if (plan.Cluster.NodeMemoryBytes is { } memory) yield return ("memory of each node", Quantity.FormatBytes(memory));
        if (plan.Cluster.CpuQuota is { } quota) yield return ("CPU time of each node", FormattableString.Invariant($"{quota * 100:0.##} % of a core"));
        if (plan.Cluster.Cpus is { } cpus) yield return ("CPUs of the nodes", cpus);
        if (plan.Cluster.Hosts is { } hosts)
            yield return ("hosts", string.Join(", ", Enumerable.Range(1, plan.Cluster.Nodes).Select(node => $"node {node} on {hosts.HostOf(node)}")));
        if (plan.Cluster.Hosts is { Etcd: { Count: > 0 } endpoints }) yield return ("metadata", $"the etcd at {string.Join(", ", endpoints)}");
        else if (plan.Cluster.Hosts is not null) yield return ("metadata", "an etcd of the run's own on the generator's machine");
        else if (plan.Cluster.Store == StorePlace.Etcd) yield return ("metadata", "an etcd of the run's own");
        if (plan.Cluster.Data == DataPlace.Tmpfs) yield return ("data", "tmpfs");
    }

    private static bool IsCold(LoadPlan load) =>
        load is ReadLoad { PageCache: PageCache.Cold } or ProduceLoad { BacklogBytes: > 0 } or FileLoad { Work: { Action: FileAction.Read, Cache: CacheState.Cold } };

    private static IEnumerable<string> Caveats(Campaign campaign, MachineFacts machine, string workFolder)
    {
        if (campaign.Cells.Any(cell => cell.Cluster.Hosts is not null))
        {
            yield return "Nodes ran on the hosts named, the generator on this machine. Disk bytes, dirty pages and steal are sums over all machines; one named twice counts twice.";
            yield return "Counters of hosts were asked for over ssh when this machine's were read: each is late by up to the round trip, and no two clocks were compared.";
            yield return "Of nodes on hosts there are no collections of the runtime, no pages cached by file, no other processes and no comparison of replicas; "
                + "limits of hosts were not calibrated.";
        }

        if (campaign.Plans.Any(plan => plan.Load is BrokerLoad && plan.Cluster.Hosts is null))
            yield return $"All nodes, the load and the harness share the {machine.Cores} cores, the memory and the one disk of one machine: flushes of the nodes contend, and the network is its loopback.";
        if (DataVolume.Of(workFolder).IsMemory) yield return "The data lies in memory (tmpfs): nothing here shows what a disk does.";
        if (machine.Virtualization is { Length: > 0 } and not "none")
        {
            yield return "The disk is virtual and may answer a flush from the host's cache: times of durable writes are optimistic.";
            if (campaign.Cells.Any(cell => IsCold(cell.Load)))
                yield return "What is dropped from the page cache here may still be cached by the host: a cold read is quicker than from a disk of one's own, and random ones lose less.";
        }

        if (campaign.Plans.Any(plan => plan.Load is BrokerLoad { CountCalls: true } || plan.Vary.Any(axis => axis.Setting == "load.countCalls")))
            yield return "System calls are counted at the kernel's tracepoint, in the runs that say so: their times carry its cost.";
        if (campaign.Plans.Any(plan => plan.Load is BrokerLoad { Beside: not Antagonist.None } || plan.Vary.Any(axis => axis.Setting == "load.beside")))
            yield return "No counter of the memory's own was read (virtual machines rarely show them): bandwidth is inferred from what a copying thread costs beyond a counting one.";
        if (campaign.Plans.Any(plan => plan.Load is FileLoad { Work.Action: FileAction.Copy }))
            yield return "A cached read lands in one block, which stays in the processor's cache; a copy walks through all of both its memories. So the former can be the faster one.";
        if (campaign.Cells.Any(cell => cell.Load is ProduceLoad { Generator: LoadGenerator.KafkaTools }))
            yield return $"Where {GeneratorName.KafkaTools} made the load, latencies are theirs: whole milliseconds from each record's send() to its callback, "
                + "whenever it was due; what they sent is counted when it is read back, not compared.";
        var needs = campaign.Cells.Aggregate(FaultNeeds.None, (all, cell) => all | cell.Needs);
        if (needs.HasFlag(FaultNeeds.Network)) yield return "Where links between nodes are at fault, each node has a network namespace of its own, joined by a bridge of the kernel's.";
        if (needs.HasFlag(FaultNeeds.Proxies)) yield return "Slow links are made by a proxy in the harness, which costs CPU of the same machine; a lost piece comes 200 ms late, as TCP sends it again.";
        if (needs.HasFlag(FaultNeeds.Disks)) yield return "Where disks are at fault, each node has an ext4 of its own in a file; the cluster's shared folder is on neither and loses nothing.";
        if (needs.HasFlag(FaultNeeds.Tracer)) yield return "While a flush is made to fail the node is traced, which makes all its system calls slow.";
        foreach (var warmed in campaign.Cells.Where(cell => cell.Cluster.Warmup > TimeSpan.Zero).GroupBy(cell => (cell.Cluster.System, cell.Cluster.Warmup)))
            yield return $"Nodes of {warmed.Key.System} were under load for at least {Quantity.Format(warmed.Key.Warmup!.Value)}, on topics deleted again, before the topic that counts was made.";
        if (machine.GitDirty) yield return "The working tree differed from the commit.";
        if (campaign.Plans.Any(plan => plan.Load is BrokerLoad { Send.TemplateMode: true })) yield return "The load resends one encoded batch: an upper bound, not for comparisons.";
        if (campaign.Cells.All(cell => cell.Schedule is { Repeats: 1, Budget: null })) yield return "Each cell ran once: differences may be noise.";
    }
}
