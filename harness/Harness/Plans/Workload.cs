namespace Harness.Plans;

/// <summary>The shape of somebody's load by a name: settings as <c>--set</c> writes them, so that each can be changed again behind it.</summary>
/// <param name="Name">As <c>--set workload=NAME</c> and plans write it.</param>
/// <param name="Summary">Whose it is, in a line.</param>
/// <param name="Settings">In the order in which they are set. Rates are what two cores can take: they are scaled where the original's are not.</param>
public sealed record Workload(string Name, string Summary, params IReadOnlyList<string> Settings)
{
    /// <summary>The name of the override.</summary>
    public const string Setting = "workload";

    public static IReadOnlyList<Workload> All { get; } =
    [
        new("kreps-100b", "Jay Kreps' two million writes, 2014: 100 bytes, six partitions, batches of 8 KiB, acks=1, as many as go",
            "load.partitions=6", "load.recordSize=100B", "load.keys=none", "load.batchBytes=8KiB", "load.linger=0us", "load.acks=1", "load.recordsPerSecond=unlimited"),
        new("omb-1k-100p", "OpenMessaging Benchmark's usual: 1 KiB, 100 partitions, four producers, 50,000/s",
            "load.partitions=100", "load.recordSize=1KiB", "load.keys=none", "load.batchBytes=128KiB", "load.linger=1ms", "load.acks=all", "load.connections=4", "load.recordsPerSecond=50000"),
        new("vanity-1GiBps-288p", "WarpStream's “vanity” case of 1 GiB/s over 288 partitions, at a tenth of its rate: 1 KiB, four producers, four consumers",
            "load.partitions=288", "load.recordSize=1KiB", "load.keys=none", "load.batchBytes=128KiB", "load.linger=25ms", "load.acks=all", "load.connections=4", "load.recordsPerSecond=105000",
            "load.check=during", "load.consumers=4"),
        new("keyed-many-producers", "what undid both sides of Kafka against Redpanda: keys that spread over partitions, 50 producers, 1 KiB",
            "load.partitions=48", "load.recordSize=1KiB", "load.keys=uniform(1000000)", "load.batchBytes=16KiB", "load.linger=10ms", "load.acks=all", "load.connections=50", "load.recordsPerSecond=20000"),
        new("tracking", "user activity: some 200 bytes, popular keys, four applications that read each record, a daily peak of 1.4",
            "load.partitions=12", "load.recordSize=lognormal(median=200B, sigma=0.8)", "load.keys=zipf(100000, 0.99)", "load.batchBytes=64KiB", "load.linger=5ms", "load.acks=all",
            "load.recordsPerSecond=40000", "load.arrivals=waves(peak=1.4, period=4s)", "load.check=during", "load.consumers=4"),
        new("metrics", "tiny records of very many sources, at random moments",
            "load.partitions=12", "load.recordSize=uniform(20B, 60B)", "load.keys=uniform(1000000)", "load.batchBytes=64KiB", "load.linger=10ms", "load.acks=1", "load.recordsPerSecond=200000", "load.arrivals=poisson"),
        new("logs", "lines of 100 bytes with traces of up to 64 KiB among them, in bursts",
            "load.partitions=6", "load.recordSize=pareto(min=100B, alpha=1.2, max=64KiB)", "load.keys=none", "load.batchBytes=256KiB", "load.linger=10ms", "load.acks=1", "load.connections=4",
            "load.recordsPerSecond=50000", "load.arrivals=bursts(on=200ms, off=600ms)"),
        new("queue", "few jobs that somebody waits for: 500 bytes, no linger, read at once, p99 within 5 ms",
            "load.partitions=3", "load.recordSize=500B", "load.keys=none", "load.linger=0us", "load.acks=all", "load.recordsPerSecond=1000", "load.arrivals=poisson", "load.check=during", "target=p99 <= 5ms"),
        new("catch-up", "a consumer reads 2 GiB that it has missed, from the disk, beside a steady load",
            "load.partitions=1", "load.recordSize=1KiB", "load.keys=none", "load.linger=2ms", "load.connections=2", "load.recordsPerSecond=10000", "load.check=during", "load.consumers=4",
            "load.backlog=2GiB"),
        new("backlog-drain", "a backlog of 4 GiB is drained while producers go on at a high rate",
            "load.partitions=1", "load.recordSize=1KiB", "load.keys=none", "load.batchBytes=128KiB", "load.linger=2ms", "load.recordsPerSecond=60000", "load.backlog=4GiB"),
        new("retention-active", "a full topic: a segment of 64 MiB is dropped about once a second",
            "load.partitions=1", "load.recordSize=1KiB", "load.keys=none", "load.linger=2ms", "load.recordsPerSecond=70000", "load.check=during", "broker.segment.bytes=67108864",
            "broker.log.retention.check.interval.ms=250", "broker.retention.bytes=128000000"),
        new("fan-out-16", "sixteen applications read every record",
            "load.partitions=6", "load.recordSize=1KiB", "load.keys=none", "load.linger=2ms", "load.recordsPerSecond=5000", "load.check=during", "load.consumers=16"),
        new("many-partitions", "keyed records over 1,000 partitions, so that batches stay small",
            "load.partitions=1000", "load.recordSize=100B", "load.keys=uniform(200000)", "load.batchBytes=16KiB", "load.linger=5ms", "load.recordsPerSecond=50000"),
        new("12-byte", "RabbitMQ Streams' million: 12 bytes, one producer, one consumer that reads along",
            "load.partitions=1", "load.recordSize=12B", "load.keys=none", "load.batchBytes=128KiB", "load.linger=1ms", "load.acks=1", "load.recordsPerSecond=1000000", "load.check=during"),
    ];

    /// <exception cref="PlanException">There is no such workload; the message lists what there is.</exception>
    public static Workload Find(string name) => All.FirstOrDefault(workload => workload.Name == name)
        ?? throw new PlanException($"there is no workload '{name}': choose {string.Join(", ", All.Select(workload => workload.Name))}.");

    /// <summary>Plans under this load; what it names is no longer varied.</summary>
    /// <exception cref="PlanException">None of them produces.</exception>
    public IReadOnlyList<Plan> Of(IReadOnlyList<Plan> plans)
    {
        var fitting = plans.Where(plan => plan.Load is ProduceLoad).ToList();
        return fitting.Count > 0
            ? [.. plans.Select(plan => plan.Load is ProduceLoad ? Of(plan) : plan)]
            : throw new PlanException($"{Setting}={Name} does not apply to the load of this experiment: nothing is produced at a rate.");
    }

    /// <summary>A plan that produces, under this load.</summary>
    public Plan Of(Plan plan) => Settings.Aggregate(plan, (current, assignment) => PlanSettings.Override([current], assignment)[0]);
}
