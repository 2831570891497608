using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A ladder of offered rates up to what three replicas hold, then as much as goes.</summary>
public sealed class RoadToOneMillion : Experiment
{
    public override string Id => "E03";

    public override string Title => "The road to one million messages a second";

    public override string Question => "Which rate of 100-byte records do three replicas hold at acks=all, and what do latency and CPU do on the way there?";

    public override Expectation Expectation => new(
        "1,000,000 records/s are held with p50 at most 1.5 ms and p99 at most 10 ms from each record's intended send time, brokers and generator "
        + "together on at most one core. A closed loop reaches at least 3,000,000/s; what ends it is the disk under all three copies.",
        Expect.AtLeast(0.99, Metric.Held, [("rate", "1000000")], "1,000,000 records/s are held"),
        Expect.AtMost(1.5, Metric.P50, [("rate", "1000000")], "p50 at most 1.5 ms at 1,000,000 records/s"),
        Expect.AtMost(10, Metric.P99, [("rate", "1000000")], "p99 at most 10 ms at 1,000,000 records/s"),
        Expect.AtMost(1, Metric.TotalCores, [("rate", "1000000")], "brokers and generator on at most one core at 1,000,000 records/s"),
        Expect.AtLeast(3e6, Metric.Achieved, [("rate", PlanSettings.Unlimited)], "closed loop: at least 3,000,000 records/s"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            // 330 MB/s of new pages at 1,000,000 records/s: where the host lends memory page by page, a page never used before costs
            // several times a used one, and the ladder would measure that. So flushed pages go back and are used again.
            Cluster = new ClusterPlan { Nodes = 3, Replication = 3, MinInSync = 2 }.WithStrategy("write", "pagecache(dropBehind=64MiB)"),
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordSize = "100B", BatchBytes = 128 << 10, Linger = TimeSpan.FromMilliseconds(1), Acks = -1, MaxInFlight = 10 },
            },
            Vary = [Axis.Rate("100000", "250000", "500000", "750000", "1000000", "1500000", "2000000", PlanSettings.Unlimited)],
            Schedule = new(Warmup: TimeSpan.FromSeconds(5), Measure: TimeSpan.FromSeconds(20), Repeats: 3),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.ThroughputLatency, Title = "p99 latency over the rate", Metric = "p99" },
        new() { Kind = ChartKind.ThroughputLatency, Title = "Median latency over the rate", Metric = "p50" },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency at acks=all" },
        new() { Kind = ChartKind.ThroughputOverTime, Title = "Acknowledged records over time" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Cores used at each rate" },
    ];
}
