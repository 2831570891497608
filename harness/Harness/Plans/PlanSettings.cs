using System.Globalization;
using Engine.Core.Strategies;
using Harness.Faults;
using Harness.Files;
using Harness.Load;
using Harness.Results;

namespace Harness.Plans;

/// <summary>Every setting of a plan by its dotted name: what <c>--set</c> and the axes can change.</summary>
public static class PlanSettings
{
    /// <summary>The offered rate that closes the loop: as much as the answers allow.</summary>
    public const string Unlimited = "unlimited";

    /// <summary>The broker's seams, each of which takes a strategy's text.</summary>
    public static readonly IReadOnlyList<string> Seams = ["read", "write", "flush", "cache", "network", "replication", "metadata", "check", "acks"];

    /// <summary>Puts offered rates in the place of those that a plan names.</summary>
    public const string Sweep = "sweep";

    internal const string RateSetting = "load.recordsPerSecond";
    private const string BrokerPrefix = "broker.";
    private const string EnvironmentPrefix = "env.";

    private static readonly PlanSetting[] Named =
    [
        .. Seams.Select(seam => new PlanSetting(seam, $"strategy of the {seam} seam",
            OfBrokers, (plan, text) => plan with { Cluster = plan.Cluster.WithStrategy(seam, text) })),

        Cluster("system", "the kind of broker: testbed, kafka, kafka(tuned)", (cluster, text) => cluster with { System = text }),
        Cluster("cluster.warmup", "time under load before the topic that counts is made: auto (what the system needs: a minute for a JVM), or a duration",
            (cluster, text) => cluster with { Warmup = text == "auto" ? null : Duration(text) }),
        Cluster("cluster.nodes", "broker processes", (cluster, text) => cluster with { Nodes = Count(text) }),
        Cluster("cluster.replication", "copies of each partition", (cluster, text) => cluster with { Replication = Count(text) }),
        Cluster("cluster.minInSync", "copies in sync that acks=all needs", (cluster, text) => cluster with { MinInSync = Count(text) }),

        Cluster("cluster.memoryLimit", "memory and page cache of all nodes, from the measuring on (cgroup, as root); none", (cluster, text) => cluster with { MemoryLimitBytes = text == "none" ? null : Size(text) }),
        Cluster("cluster.memory", "memory and page cache of each node, from its start on (cgroup, as root); none",
            (cluster, text) => cluster with { NodeMemoryBytes = text == "none" ? null : Size(text) }),
        Cluster("cluster.cpuQuota", "CPU time of each node as a share of one core, from its start on (cgroup, as root): 50%, 150%; none",
            (cluster, text) => cluster with { CpuQuota = text == "none" ? null : Percent(text) }),
        Cluster("cluster.cpus", "CPUs that all nodes run on: 0, 0,2, 1-3; none for any", (cluster, text) => cluster with { Cpus = Cpus(text) }),
        Cluster("cluster.hosts", "a file that names the hosts the nodes are started on over ssh; see harness/README.md; none for this machine",
            (cluster, text) => cluster with { Hosts = text == "none" ? null : HostInventory.Read(text) }),
        Cluster("cluster.store", "folder (shared by the nodes) or etcd (one of the run's own): where the cluster's state is agreed on", (cluster, text) => cluster with { Store = Word<StorePlace>(text) }),
        Cluster("cluster.tls", "none, tls12 or tls13: how clients' connections are protected, by a certificate that is made for the run", (cluster, text) => cluster with { Tls = Word<ClientTls>(text) }),
        Cluster("cluster.data", "disk or tmpfs", (cluster, text) => cluster with { Data = Word<DataPlace>(text) }),

        Load("load.partitions", "partitions of the topic", (load, text) => load with { Partitions = Count(text) }),
        Produce(RateSetting, $"offered rate, or {Unlimited} for a closed loop", (load, text) => load with { Send = WithRate(load.Send, text) }),
        Produce("load.arrivals", "constant, poisson, bursts(on=200ms, off=800ms), waves(peak=1.4, period=20s)", (load, text) => load with { Send = WithArrivals(load.Send, text) }),
        Produce("load.generator", "testbed or kafka-tools: Kafka's perf-test scripts from KAFKA_HOME, for a second opinion",
            (load, text) => load with { Generator = GeneratorOf(text) }),
        Send("load.recordSize", "100B, uniform(64B, 1KiB), lognormal(median=200B, sigma=1), pareto(min=100B, alpha=1.2, max=64KiB), lines(FILE)", (send, text) => send with { RecordSize = text }),
        Send("load.keys", "none, uniform(n), zipf(n, theta)", (send, text) => send with { Keys = text }),
        Send("load.connections", "independent producers", (send, text) => send with { Connections = Count(text) }),
        Send("load.maxInFlight", "unanswered requests of a producer", (send, text) => send with { MaxInFlight = Count(text) }),
        Send("load.batchBytes", "largest batch", (send, text) => send with { BatchBytes = Size(text) }),
        Send("load.linger", "how long a batch may wait to fill", (send, text) => send with { Linger = Duration(text) }),
        Send("load.acks", "0, 1 or all", (send, text) => send with { Acks = Acks(text) }),
        Send("load.idempotent", "true or false", (send, text) => send with { Idempotent = Flag(text) }),
        Send("load.templateMode", "true resends one encoded batch: an upper bound, labelled", (send, text) => send with { TemplateMode = Flag(text) }),
        Load("load.retries", "how often a batch whose request failed is sent again, or unlimited; none: a lost connection ends the run", (load, text) => load with { Retries = RetriesOf(text) }),
        Load("load.deliveryTimeout", "from a batch's first send until it is given up", (load, text) => load with { DeliveryTimeout = Duration(text) }),
        Load("load.requestTimeout", "how long a request may stay unanswered before its connection counts as lost", (load, text) => load with { RequestTimeout = Duration(text) }),
        Load("load.retryBackoff", "the pause before another attempt, and between looks at who leads", (load, text) => load with { RetryBackoff = Duration(text) }),
        Load("load.drain", "how long answers and readers may trail behind the measured time", (load, text) => load with { Drain = Duration(text) }),
        Produce("load.history", "true records and checks every send and read, keep keeps the file whatever it shows; or false", (load, text) => load with { History = HistoryOf(text) }),
        Produce("load.check", "during or after: when records are read back", (load, text) => load with { Check = load.Check with { When = When(text) } }),
        Consume("load.consumers", "readers", (consume, text) => consume with { Consumers = Count(text) }),
        Consume("load.fetchBytes", "most bytes of a partition in one fetch", (consume, text) => consume with { PartitionMaxBytes = Size(text) }),
        Load("load.cpus", "CPUs that the generator runs on: 1, 0-1; none for any", (load, text) => load with { Cpus = Cpus(text) }),
        Load("load.beside", "none, copy (memory) or spin (a core): what else keeps the machine busy", (load, text) => load with { Beside = Word<Antagonist>(text) }),
        Load("load.countCalls", "true counts the nodes' system calls (perf, as root)", (load, text) => load with { CountCalls = Flag(text) }),
        Load("load.runtimeEvents", "true has the nodes' runtimes tell of collections, allocation, locks and thread pool (EventPipe); false shows what that costs", (load, text) => load with { RuntimeEvents = Flag(text) }),
        Produce("load.backlog", "bytes of a cold topic that is read meanwhile; 0B for none", (load, text) => load with { BacklogBytes = Size(text) }),
        Read("load.restart", "none, clean or kill: what happens to the node before it is read", (load, text) => load with { Restart = Word<RestartKind>(text) }),
        Read("load.fillBytes", "bytes the topic is filled with first", (load, text) => load with { FillBytes = Size(text) }),
        Read("load.pageCache", "hot or cold", (load, text) => load with { PageCache = Temperature(text) }),
        new("faults", "none, or what goes wrong at what time of the measuring: kill(leader, at=2s..5s, back=2s); pause(…); see experiments/README.md",
            OfBrokers, (plan, text) => plan with { Faults = Faults(text) }),
        new("target", "none, or the latency that is wanted, such as p99 <= 10ms: a run that misses it says so", OfProducers,
            (plan, text) => plan with { Target = text == "none" ? null : LatencyTarget.Parse(text) }),
        Files("files.action", "read, write, copy (memory) or spin (a busy core)", (work, text) => work with { Action = Word<FileAction>(text) }),
        Files("files.api", "the call that moves the bytes: system-call, direct, gather, mapped, …", (work, text) => work with { Api = text }),
        Files("files.pattern", "sequential or random", (work, text) => work with { Pattern = Word<AccessPattern>(text) }),
        Files("files.blockBytes", "bytes of one operation", (work, text) => work with { BlockBytes = Size(text) }),
        Files("files.threads", "threads, each with a file of its own", (work, text) => work with { Threads = Count(text) }),
        Files("files.fileBytes", "bytes of all files together", (work, text) => work with { FileBytes = Size(text) }),
        Files("files.cache", "warm or cold", (work, text) => work with { Cache = Word<CacheState>(text) }),
        Files("files.advice", "none, sequential or random: what the kernel is told", (work, text) => work with { Advice = Word<Advice>(text) }),
        Files("files.growing", "true writes new files, false writes over old ones", (work, text) => work with { Growing = Flag(text) }),
        Files("files.syncEvery", "bytes after which a thread makes its file durable; 0B never", (work, text) => work with { SyncEveryBytes = Size(text) }),
        Schedule("load.duration", "the same as schedule.measure", (schedule, text) => schedule with { Measure = Duration(text) }),

        Schedule("schedule.warmup", "time before anything counts", (schedule, text) => schedule with { Warmup = Duration(text) }),
        Schedule("schedule.measure", "measured time", (schedule, text) => schedule with { Measure = Duration(text) }),
        Schedule("schedule.repeats", "runs of each cell", (schedule, text) => schedule with { Repeats = Count(text) }),
        Schedule("schedule.firstRepeat", "their first number: with --seed makes a run of another campaign again", (schedule, text) => schedule with { FirstRepeat = Count(text) }),
        Schedule("calibrate", "true or false: whether the machine's limits are measured before and after; auto: where runs are measured for 10s or more",
            (schedule, text) => schedule with { Calibrate = text == "auto" ? null : Flag(text) }),
        Schedule("schedule.precision", "5%, none: repeats go on until each median is known so well, or the budget ends",
            (schedule, text) => schedule with { Precision = text == "none" ? null : Percent(text) }),
        Schedule("schedule.precisionOf", "the metrics it is asked of: p99, achieved; plan for those of its checks and charts",
            (schedule, text) => schedule with { PrecisionOf = Metrics(text) }),
        Schedule("schedule.budget", "10min, none: no round begins that would end later; without a precision it is filled with repeats",
            (schedule, text) => schedule with { Budget = text == "none" ? null : Duration(text) }),
    ];

    /// <summary>Names and meanings, for help and messages.</summary>
    public static IReadOnlyList<(string Name, string Summary)> All { get; } =
        [.. Named.Select(setting => (setting.Name, setting.Summary)), (BrokerPrefix + "NAME", "any other broker setting, such as broker.segment.bytes"), (EnvironmentPrefix + "NAME", "a variable of the brokers' processes, such as env.DOTNET_gcServer"),
            (Sweep, "offered rates, such as 100k,200k,1M: the parts that produce, at each of them, and a curve of latency over the rate"),
            (Profile.Setting, $"{string.Join(", ", Profile.All.Select(profile => profile.Name))}: how much time it is given; the same as --profile"),
            (Workload.Setting, "the load's settings by a name, such as tracking; testbed list workloads says which there are"),
            (Plan.PartAxis, "only the parts of the experiment whose name contains this")];

    /// <summary>The plan with one setting changed, or null when its kind of load has no such setting.</summary>
    /// <exception cref="PlanException">There is no such setting, or the text does not suit it.</exception>
    public static Plan? Apply(Plan plan, string name, string text)
    {
        if (name.StartsWith(BrokerPrefix, StringComparison.Ordinal) && name.Length > BrokerPrefix.Length)
            return OfBrokers(plan) is null ? null : plan with { Cluster = plan.Cluster.WithSetting(name[BrokerPrefix.Length..], text) };

        if (name.StartsWith(EnvironmentPrefix, StringComparison.Ordinal) && name.Length > EnvironmentPrefix.Length)
            return OfBrokers(plan) is null ? null : plan with { Cluster = plan.Cluster.WithEnvironment(name[EnvironmentPrefix.Length..], text) };

        var setting = Array.Find(Named, candidate => candidate.Name == name) ?? throw new PlanException(
            $"there is no setting '{name}': choose {string.Join(", ", All.Select(s => s.Name))}.");
        try
        {
            return setting.Applicable(plan) is { } applicable ? setting.Set(applicable, text) : null;
        }
        catch (FormatException error)
        {
            throw new PlanException($"{name}={text}: {error.Message}.");
        }
    }

    /// <summary>Changes one setting in every plan that has it, or leaves parts out. An axis that varies it is narrowed to the value.</summary>
    /// <param name="plans">The plans of an experiment.</param>
    /// <param name="assignment"><c>key=value</c> as given to <c>--set</c>.</param>
    /// <exception cref="PlanException">Not an assignment, or no plan has such a setting.</exception>
    public static IReadOnlyList<Plan> Override(IReadOnlyList<Plan> plans, string assignment)
    {
        var (name, text) = Split(assignment);
        if (name == Plan.PartAxis) return PartsNamed(plans, text);
        if (name == Sweep) return Swept(plans, text);
        if (name == Workload.Setting) return Workload.Find(text).Of(plans);

        var changed = plans.Select(plan => Apply(plan, name, text) is { } applied ? Narrow(applied, name, text) : null).ToList();
        if (changed.All(plan => plan is null)) throw new PlanException($"{name} does not apply to the load of this experiment.");

        return [.. plans.Select((plan, i) => changed[i] ?? plan)];
    }

    /// <summary>Cuts <c>key=value</c> at its first equals sign.</summary>
    /// <exception cref="PlanException">It is not of that form.</exception>
    public static (string Name, string Text) Split(string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && equals < assignment.Length - 1
            ? (assignment[..equals].Trim(), assignment[(equals + 1)..].Trim())
            : throw new PlanException($"'{assignment}' is not a setting: write key=value, such as load.recordsPerSecond=500000.");
    }

    private static List<Plan> PartsNamed(IReadOnlyList<Plan> plans, string text) =>
        plans.Where(plan => plan.Part.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList() is { Count: > 0 } named
            ? named
            : throw new PlanException($"{Plan.PartAxis}={text}: no part of this experiment is called so; it has {string.Join(", ", plans.Select(plan => plan.Part.Length > 0 ? plan.Part : "no parts"))}.");

    private static List<Plan> Swept(IReadOnlyList<Plan> plans, string text)
    {
        try
        {
            var rates = Axis.Rate(Rates.ParseList(text));
            var swept = plans.Where(plan => OfProducers(plan) is not null)
                .Select(plan => plan with { Vary = [.. plan.Vary.Where(axis => axis.Setting != RateSetting), rates] }).ToList();
            return swept.Count > 0
                ? swept
                : throw new PlanException($"{Sweep} does not apply to the load of this experiment: nothing is produced at a rate.");
        }
        catch (FormatException error)
        {
            throw new PlanException($"{Sweep}={text}: {error.Message}.");
        }
    }

    private static Plan Narrow(Plan plan, string name, string text) =>
        plan with { Vary = [.. plan.Vary.Select(axis => axis.Setting == name ? axis with { Values = [text] } : axis)] };

    // Work on files has no brokers: a strategy it was given would be left out without a word.
    private static Plan? OfBrokers(Plan plan) => plan.Load is BrokerLoad ? plan : null;

    private static Plan? OfProducers(Plan plan) => plan.Load is ProduceLoad ? plan : null;

    private static PlanSetting Cluster(string name, string summary, Func<ClusterPlan, string, ClusterPlan> set) =>
        new(name, summary, OfBrokers, (plan, text) => plan with { Cluster = set(plan.Cluster, text) });

    private static PlanSetting Schedule(string name, string summary, Func<Schedule, string, Schedule> set) =>
        new(name, summary, plan => plan, (plan, text) => plan with { Schedule = set(plan.Schedule, text) });

    private static PlanSetting Load(string name, string summary, Func<BrokerLoad, string, BrokerLoad> set) =>
        new(name, summary, OfBrokers, (plan, text) => plan with { Load = set((BrokerLoad)plan.Load, text) });

    private static PlanSetting Files(string name, string summary, Func<FileWork, string, FileWork> set) =>
        new(name, summary, plan => plan.Load is FileLoad ? plan : null, (plan, text) => plan with { Load = new FileLoad { Work = set(((FileLoad)plan.Load).Work, text) } });

    private static PlanSetting Send(string name, string summary, Func<ProduceSpec, string, ProduceSpec> set) =>
        Load(name, summary, (load, text) => load with { Send = set(load.Send, text) });

    private static PlanSetting Produce(string name, string summary, Func<ProduceLoad, string, ProduceLoad> set) =>
        new(name, summary, OfProducers, (plan, text) => plan with { Load = set((ProduceLoad)plan.Load, text) });

    private static PlanSetting Read(string name, string summary, Func<ReadLoad, string, ReadLoad> set) =>
        new(name, summary, plan => plan.Load is ReadLoad ? plan : null, (plan, text) => plan with { Load = set((ReadLoad)plan.Load, text) });

    private static PlanSetting Consume(string name, string summary, Func<ConsumeSpec, string, ConsumeSpec> set) =>
        Load(name, summary, (load, text) => load switch
        {
            ReadLoad read => read with { Read = set(read.Read, text) },
            ProduceLoad produce => produce with { Check = set(produce.Check, text) },
            _ => load,
        });

    private static ProduceSpec WithRate(ProduceSpec send, string text)
    {
        if (text == Unlimited) return send with { Arrival = Arrival.Closed };

        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate > 0
            ? send with { RecordsPerSecond = rate, Arrival = send.Arrival == Arrival.Closed ? Arrival.OpenConstant : send.Arrival }
            : throw new FormatException($"write a number of records a second above 0, or {Unlimited}");
    }

    private static ProduceSpec WithArrivals(ProduceSpec send, string text) => text switch
    {
        "constant" => send with { Arrival = Arrival.OpenConstant, ArrivalShape = "" },
        "poisson" => send with { Arrival = Arrival.OpenPoisson, ArrivalShape = "" },
        _ when text.Contains('(', StringComparison.Ordinal) => send with { Arrival = Arrival.OpenShaped, ArrivalShape = text },
        _ => throw new FormatException("write constant, poisson, bursts(on=200ms, off=800ms) or waves(peak=1.4, period=20s)"),
    };

    private static LoadGenerator GeneratorOf(string text) => text switch
    {
        GeneratorName.Testbed => LoadGenerator.Testbed,
        GeneratorName.KafkaTools => LoadGenerator.KafkaTools,
        _ => throw new FormatException($"write {GeneratorName.Testbed} or {GeneratorName.KafkaTools}"),
    };

    private static ConsumeWhen When(string text) => text switch
    {
        "during" => ConsumeWhen.During,
        "after" => ConsumeWhen.After,
        _ => throw new FormatException("write during or after"),
    };

    private static HistoryUse HistoryOf(string text) => text switch
    {
        "false" => HistoryUse.None,
        "true" => HistoryUse.Check,
        "keep" => HistoryUse.Keep,
        _ => throw new FormatException("write true, keep or false"),
    };

    private static PageCache Temperature(string text) => text switch
    {
        "hot" => PageCache.Hot,
        "cold" => PageCache.Cold,
        _ => throw new FormatException("write hot or cold"),
    };

    private static T Word<T>(string text) where T : struct, Enum =>
        Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0])
            ? value
            : throw new FormatException($"write {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");

    private static FaultScript Faults(string text)
    {
        try
        {
            return FaultScript.Parse(text);
        }
        catch (StrategyException error)
        {
            throw new FormatException(error.Message.TrimEnd('.'));
        }
    }

    private static short Acks(string text) => text switch
    {
        "0" => 0,
        "1" => 1,
        "all" or "-1" => -1,
        _ => throw new FormatException("write 0, 1 or all"),
    };

    private static int? RetriesOf(string text) => text switch
    {
        "none" => null,
        Unlimited => int.MaxValue,
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count
            : throw new FormatException($"write none, a whole number or {Unlimited}"),
    };

    private static int Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new FormatException("write a whole number above 0");

    private static double Percent(string text) => Share.Parse(text) ?? throw new FormatException("write a percentage above 0, such as 5%, or none");

    private static IReadOnlyList<string> Metrics(string text)
    {
        if (text == "plan") return [];

        try
        {
            return [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => Metric.Find(name).Name)];
        }
        catch (ResultException error)
        {
            throw new FormatException(error.Message.TrimEnd('.'));
        }
    }

    private static string? Cpus(string text) => text == "none" ? null
        : CpuList.Parse(text) is not null ? text
        : throw new FormatException("write CPUs such as 0, 0,2 or 1-3, or none");

    private static bool Flag(string text) => bool.TryParse(text, out var flag) ? flag : throw new FormatException("write true or false");

    private static TimeSpan Duration(string text) =>
        Quantity.ParseDuration(text) ?? throw new FormatException("write a duration with its unit, such as 5ms or 20s");

    private static long Size(string text) =>
        Quantity.ParseBytes(text) ?? throw new FormatException("write a size with its unit, such as 128KiB or 2GiB");

    // Applicable gives the plan itself when its kind of load has the setting, else null.
    private sealed record PlanSetting(string Name, string Summary, Func<Plan, Plan?> Applicable, Func<Plan, string, Plan> Set);
}
