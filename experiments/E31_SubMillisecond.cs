using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>From the moment a record was due to the moment a consumer has it, from a tenth of the load to all of it.</summary>
public sealed class SubMillisecond : Experiment
{
    private const string Tenth = "100000";
    private const string Half = "500000";
    private const string Full = "1000000";
    private const string OneNode = "one node";
    private const string ThreeReplicas = "three replicas";

    public override string Id => "E31";

    public override string Title => "Below a millisecond, at which load";

    public override string Question => "Up to which load does a record reach its consumer within a millisecond, counted from when it was meant to be sent?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(25)];

    public override Expectation Expectation => new(
        "Producers do not linger. The median stays below a millisecond up to the full load of 1,000,000 records/s on one node, and up to half of it with three replicas at acks=all, whose records wait for the followers' next fetch. "
        + "The tail does not: on two cores, which producers, brokers and consumers share, p99 at half load is above 1 ms with three replicas, where the claim falls. At a tenth of the load one node keeps p99 below it.",
        Expect.AtMost(1, Metric.EndToEndP99, Cell(OneNode, Half), "one node, half load: p99 to the consumer at most 1 ms").Decides(25),
        Expect.AtMost(1, Metric.EndToEndP99, Cell(ThreeReplicas, Half), "three replicas, half load: p99 to the consumer at most 1 ms").Decides(25),
        Expect.AtMost(1, Metric.EndToEndP99, Cell(OneNode, Tenth), "one node, a tenth of the load: p99 to the consumer at most 1 ms"),
        Expect.AtMost(1, Metric.EndToEndP50, Cell(OneNode, Full), "one node, full load: median to the consumer at most 1 ms"),
        Expect.AtMost(1, Metric.EndToEndP50, Cell(ThreeReplicas, Half), "three replicas, half load: median to the consumer at most 1 ms"),
        Expect.AtLeast(0.99, Metric.Held, Cell(OneNode, Full), "one node holds the full load"),
        Expect.AtLeast(0.99, Metric.Held, Cell(ThreeReplicas, Half), "three replicas hold half of it"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of(OneNode, new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 }),
        Of(ThreeReplicas, new ClusterPlan { Nodes = 3, Replication = 3, MinInSync = 2 }),
    ];

    public override QuickLook Quick => QuickLook.At(("rate", [Tenth, Half]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Curve, Title = "p99 to the consumer, by offered rate", Metric = "end-to-end-p99", X = "rate", Series = Plan.PartAxis },
        new() { Kind = ChartKind.Curve, Title = "Median to the consumer, by offered rate", Metric = "end-to-end-p50", X = "rate", Series = Plan.PartAxis },
        new() { Kind = ChartKind.ThroughputLatencyCurve, Title = "Latency to the acknowledgement over the achieved rate" },
        new() { Kind = ChartKind.Curve, Title = "Cores used, by offered rate", Metric = "total-cores", X = "rate", Series = Plan.PartAxis },
    ];

    public override IReadOnlyList<string> Caveats =>
    [
        "Full load is the 1,000,000 records/s that the other claim speaks of, and that two cores hold of such records (E03); where a machine holds more or less, 10 to 100 % are other rates: --sweep.",
        "Sleeping threads wake some 50 us late (timer slack), and the machine has fewer cores than there are busy threads: the tail is the scheduler's as much as the broker's.",
        "A record's moments are all taken from one monotonic clock of one process, which produces and consumes.",
    ];

    private static Plan Of(string part, ClusterPlan cluster) => new()
    {
        Part = part,
        Cluster = cluster,
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { RecordSize = "100B", BatchBytes = 128 << 10, Linger = TimeSpan.Zero },
            Check = new ConsumeSpec { When = ConsumeWhen.During },
        },
        Vary = [Axis.Rate(Tenth, "250000", Half, "750000", Full)],
        Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
    };

    private static (string, string)[] Cell(string part, string rate) => [(Plan.PartAxis, part), ("rate", rate)];
}
