using Harness.Files;
using Harness.Load;

namespace Harness.Plans;

/// <summary>What is done in one cell.</summary>
public abstract record LoadPlan;

/// <summary>What is done to a cluster.</summary>
public abstract record BrokerLoad : LoadPlan
{
    /// <summary>Partitions of the one topic under load.</summary>
    public int Partitions { get; init; } = 1;

    /// <summary>What is written and how.</summary>
    public ProduceSpec Send { get; init; } = new();

    /// <summary>How long answers and readers may trail behind the measured time.</summary>
    public TimeSpan Drain { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a batch is sent again whose request failed; null: a failure is a finding, and a lost connection ends the run.</summary>
    public int? Retries { get; init; }

    /// <inheritdoc cref="LoadSpec.DeliveryTimeout"/>
    public TimeSpan DeliveryTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <inheritdoc cref="LoadSpec.RetryBackoff"/>
    public TimeSpan RetryBackoff { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <inheritdoc cref="LoadSpec.RequestTimeout"/>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether every send and read is recorded and checked in the end, over a last reading of everything.</summary>
    public HistoryUse History { get; init; } = HistoryUse.None;

    /// <summary>The CPUs that the generator runs on, as <c>0-1,3</c>; null: any.</summary>
    public string? Cpus { get; init; }

    /// <summary>What keeps the machine busy beside the load.</summary>
    public Antagonist Beside { get; init; } = Antagonist.None;

    /// <summary>Counts the nodes' system calls as they are made, which costs each of them a little: not in the runs whose times count.</summary>
    public bool CountCalls { get; init; }

    /// <summary>Has the nodes' runtimes tell of collections, allocation, locks and thread pool; false shows what that costs.</summary>
    public bool RuntimeEvents { get; init; } = true;

    /// <summary>The worker's job for the measured part of a run.</summary>
    /// <param name="bootstrap">The cluster's addresses.</param>
    /// <param name="topic">The topic, which exists.</param>
    /// <param name="schedule">How long.</param>
    /// <param name="seed">The same seed gives the same records and arrivals.</param>
    public abstract LoadSpec Job(IReadOnlyList<string> bootstrap, string topic, Schedule schedule, ulong seed);

    private protected LoadSpec JobOf(IReadOnlyList<string> bootstrap, string topic, Schedule schedule, ulong seed) => new()
    {
        Bootstrap = bootstrap,
        Topic = topic,
        Warmup = schedule.Warmup,
        Duration = schedule.Measure,
        Drain = Drain,
        RequestTimeout = RequestTimeout,
        Retries = Retries,
        DeliveryTimeout = DeliveryTimeout,
        RetryBackoff = RetryBackoff,
        Seed = seed,
    };
}

/// <summary>Producers are what is measured; every acknowledged record is read back and compared.</summary>
public sealed record ProduceLoad : BrokerLoad
{
    /// <summary>Who sends.</summary>
    public LoadGenerator Generator { get; init; } = LoadGenerator.Testbed;

    /// <summary>Bytes of another topic, none of it in the page cache, that a reader catches up with while this is measured; 0: there is none.</summary>
    public long BacklogBytes { get; init; }

    /// <summary>The filling and reading of that topic.</summary>
    internal ReadLoad Backlog => new()
    {
        FillBytes = BacklogBytes,
        PageCache = PageCache.Cold,
        Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10, Acks = Send.Acks },
        Read = new ConsumeSpec { Reading = Reading.Discard, PartitionMaxBytes = 1 << 20 },
    };

    /// <summary>How the records are read back.</summary>
    public ConsumeSpec Check { get; init; } = new();

    public override LoadSpec Job(IReadOnlyList<string> bootstrap, string topic, Schedule schedule, ulong seed) =>
        JobOf(bootstrap, topic, schedule, seed) with { Produce = Send, Consume = Check };
}

/// <summary>Readers are what is measured: the topic is filled first, as fast as it goes, and flushed.</summary>
public sealed record ReadLoad : BrokerLoad
{
    private static readonly TimeSpan FillPatience = TimeSpan.FromMinutes(10);

    /// <summary>Bytes of keys and values to fill the topic with.</summary>
    public long FillBytes { get; init; } = 2L << 30;

    /// <summary>Whether the files lie in the page cache when the readers start.</summary>
    public PageCache PageCache { get; init; } = PageCache.Hot;

    /// <summary>What happens to the node between the filling and the reading.</summary>
    public RestartKind Restart { get; init; } = RestartKind.None;

    /// <summary>How it is read; when, and whether again, follows from <see cref="PageCache"/>.</summary>
    public ConsumeSpec Read { get; init; } = new();

    public override LoadSpec Job(IReadOnlyList<string> bootstrap, string topic, Schedule schedule, ulong seed)
    {
        var once = PageCache == PageCache.Cold;
        return JobOf(bootstrap, topic, once ? schedule with { Warmup = TimeSpan.Zero } : schedule, seed)
            with { Consume = Read with { When = ConsumeWhen.Only, Repeat = !once } };
    }

    /// <summary>The job that fills a topic before it is read.</summary>
    public LoadSpec Fill(IReadOnlyList<string> bootstrap, string topic, long bytes, ulong seed) =>
        JobOf(bootstrap, topic, new Schedule(TimeSpan.Zero, FillPatience, 1), seed) with { Produce = Send with { Arrival = Arrival.Closed, MaxBytes = bytes } };

    /// <summary>The job that reads a topic round and round, so that the node's code is warm.</summary>
    public LoadSpec WarmUp(IReadOnlyList<string> bootstrap, string topic, TimeSpan time, ulong seed) =>
        JobOf(bootstrap, topic, new Schedule(TimeSpan.Zero, time, 1), seed) with { Consume = Read with { When = ConsumeWhen.Only, Repeat = true } };
}

/// <summary>Files are what is measured: a worker process goes through them, and no broker is started.</summary>
public sealed record FileLoad : LoadPlan
{
    public FileWork Work { get; init; } = new();
}

public enum LoadGenerator
{
    /// <summary>A load worker of ours.</summary>
    Testbed,

    /// <summary>Kafka's own command-line tools, for a second opinion: latency counts from <c>send()</c>, not from when a record was due.</summary>
    KafkaTools,
}

public enum Antagonist
{
    None,

    /// <summary>A thread that copies memory: takes a core and memory bandwidth.</summary>
    Copy,

    /// <summary>A thread that only counts: takes a core. What <see cref="Copy"/> costs beyond it is the memory's part.</summary>
    Spin,
}

public enum HistoryUse
{
    None,

    /// <summary>Recorded and checked; the file stays in the result where the check found something.</summary>
    Check,

    /// <summary>Recorded and checked; the file stays in the result.</summary>
    Keep,
}

public enum RestartKind
{
    None,

    /// <summary>Told to stop, and started again.</summary>
    Clean,

    /// <summary>Killed (SIGKILL), and started again: the log was not closed.</summary>
    Kill,
}

public enum PageCache
{
    /// <summary>All of it was just written and is still there; readers go round until the time is over.</summary>
    Hot,

    /// <summary>Dropped before the readers start; they read it once, for the second time round would be hot.</summary>
    Cold,
}
