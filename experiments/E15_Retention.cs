using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A steady load on logs that keep everything and on logs that drop a segment every second.</summary>
public sealed class Retention : Experiment
{
    public override string Id => "E15";

    public override string Title => "What dropping old segments costs";

    public override string Question => "What does retention, at work all the time, do to the tail of produce latency?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(20)];

    public override Expectation Expectation => new(
        "Files are unlinked by a thread of their own, so producers do not wait for it; what they may notice is the file system's journal: p99.9 at most doubles, above which the claim falls, with segments of 64 MiB dropped about once a second. p50 does not move.",
        Expect.RatioAtMost(2, Metric.P999, [("keep", "128000000")], [("keep", "-1")], "p99.9 at most doubles while segments are dropped").Decides(20),
        Expect.RatioAtMost(1.2, Metric.P50, [("keep", "128000000")], [("keep", "-1")], "p50 at most 1.2 times that without retention"),
        Expect.RatioAtMost(1.15, Metric.BrokerCores, [("keep", "128000000")], [("keep", "-1")], "the broker needs at most 1.15 of the CPU"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        // It is read as it comes: what is dropped cannot be read back afterwards.
        Workload.Find("retention-active").Of(new Plan
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad(),
            Schedule = new(Warmup: TimeSpan.FromSeconds(4), Measure: TimeSpan.FromSeconds(10), Repeats: 3),
        }) with { Vary = [Axis.Any("keep", "broker.retention.bytes", "-1", "128000000") with { Unit = "bytes kept" }] },
    ];

    // Retention is at work only once more is there than is kept.
    public override QuickLook Quick => new() { Warmup = TimeSpan.FromSeconds(4), Measure = TimeSpan.FromSeconds(4) };

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency, all kept (-1) and 128 MB kept" },
        new() { Kind = ChartKind.Bars, Title = "p99.9 of the producers", Metric = "p99.9" },
        new() { Kind = ChartKind.Bars, Title = "Disk writes", Metric = "disk-writes" },
    ];
}
