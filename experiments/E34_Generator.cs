using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>The load generator measured: how much it can send, and whether another tool sees the same latency.</summary>
public sealed class Generator : Experiment
{
    private const string ClosedLoop = "closed loop";
    private const string SecondOpinion = "second opinion";

    public override string Id => "E34";

    public override string Title => "The generator itself";

    public override string Question => "Can the generator send far more than a cluster takes, and does an independent tool see the latency that it sees?";

    public override Expectation Expectation => new(
        "Against one broker that keeps records in memory, acknowledges them at once and shares the machine with it, the generator sends at least five times what three "
        + "replicas take at acks=all with batches of 128 KiB, so no cluster's rate here is the generator's. Where latencies are tens of milliseconds, because clients "
        + "wait 50 ms for a batch to fill, Kafka's own tool sees p50 and p99 within 15 % of ours.",
        Expect.RatioAtLeast(5, Metric.Achieved, [("part", ClosedLoop), ("brokers", "1")], [("brokers", "3")], "the generator's ceiling is at least 5 times what three replicas take"),
        Expect.RatioAtLeast(0.85, Metric.P50, [("part", SecondOpinion), ("generator", "testbed")], [("generator", "kafka-tools")], "p50 at least 0.85 of what Kafka's tool sees"),
        Expect.RatioAtMost(1.15, Metric.P50, [("part", SecondOpinion), ("generator", "testbed")], [("generator", "kafka-tools")], "p50 at most 1.15 of what Kafka's tool sees"),
        Expect.RatioAtLeast(0.85, Metric.P99, [("part", SecondOpinion), ("generator", "testbed")], [("generator", "kafka-tools")], "p99 at least 0.85 of what Kafka's tool sees"),
        Expect.RatioAtMost(1.15, Metric.P99, [("part", SecondOpinion), ("generator", "testbed")], [("generator", "kafka-tools")], "p99 at most 1.15 of what Kafka's tool sees"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Part = ClosedLoop,
            Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 }.WithStrategy("write", "memory"),
            Load = new ProduceLoad { Send = Closed(acks: 1) },
            Vary = [Axis.Any("brokers", "cluster.nodes", "1")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(5), Repeats: 5),
        },
        new()
        {
            Part = ClosedLoop,
            Load = new ProduceLoad { Send = Closed(acks: -1) },
            Vary = [Axis.Any("brokers", "cluster.nodes", "3")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(5), Repeats: 5),
        },
        new()
        {
            // Long batches: the tool counts whole milliseconds, and from the moment at which its client took a record.
            Part = SecondOpinion,
            Load = new ProduceLoad { Send = new ProduceSpec { RecordSize = "100B", RecordsPerSecond = 20_000, Linger = TimeSpan.FromMilliseconds(50), BatchBytes = 1 << 20, Acks = -1 } },
            Vary = [Axis.Load("generator", "testbed", "kafka-tools")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(10), Measure: TimeSpan.FromSeconds(15), Repeats: 5),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Closed loop: one broker in memory, and three replicas", Metric = "achieved", X = "brokers", Only = In(ClosedLoop) },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes", Only = In(ClosedLoop) },
        new() { Kind = ChartKind.Bars, Title = "Median latency by who measured it", Metric = "p50", X = "generator", Only = In(SecondOpinion) },
        new() { Kind = ChartKind.Bars, Title = "p99 latency by who measured it", Metric = "p99", X = "generator", Only = In(SecondOpinion) },
    ];

    private static ProduceSpec Closed(short acks) => new() { Arrival = Arrival.Closed, RecordSize = "100B", BatchBytes = 128 << 10, Acks = acks, MaxInFlight = 10 };

    private static Dictionary<string, string> In(string part) => new() { ["part"] = part };
}
