using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What it costs a producer at acks=all that records are on disk, and not only in three page caches.</summary>
public sealed class FlushPolicy : Experiment
{
    public override string Id => "E02";

    public override string Title => "The price of durability before acknowledgement";

    public override string Question => "What do the flush policies cost a producer at acks=all with three replicas, in latency and in rate held?";

    public override Expectation Expectation => new(
        "A flush in the background every 100 ms costs nothing a producer notices: p50 within 1.5 times that of leaving it to the OS. "
        + "group-commit(2ms) waits for its delay and one flush on two nodes in turn: p50 at most 15 ms above, the rate held. "
        + "Waiting 10 ms instead saves flushes and costs at least 5 ms of p50 more. every-batch is bound by the flush rate of the one disk under all nodes.",
        Expect.RatioAtMost(1.5, Metric.P50, [("flush", "interval")], [("flush", "os-cache")], "interval: p50 at most 1.5 times that of os-cache"),
        Expect.AtLeast(0.99, Metric.Held, [("flush", "group-commit(maxDelay=2ms)")], "group-commit(2ms) holds the rate"),
        Expect.AtMost(20, Metric.P50, [("flush", "group-commit(maxDelay=2ms)")], "group-commit(2ms): p50 at most 20 ms"),
        Expect.RatioAtLeast(1.0, Metric.P50, [("flush", "group-commit(maxDelay=10ms)")], [("flush", "group-commit(maxDelay=2ms)")],
            "group-commit(10ms) answers no sooner than group-commit(2ms)"),
        Expect.AtLeast(0.99, Metric.Held, [("flush", "os-cache")], "os-cache holds the rate"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 3, Replication = 3, MinInSync = 2 },
            Load = new ProduceLoad
            {
                Partitions = 3,
                Send = new ProduceSpec { RecordsPerSecond = 50_000, RecordSize = "1KiB", BatchBytes = 128 << 10, Linger = TimeSpan.FromMilliseconds(5) },
            },
            Vary = [Axis.Strategy("flush", "os-cache", "interval(100ms)", "every-batch", "group-commit(2ms)", "group-commit(10ms)")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(5), Measure: TimeSpan.FromSeconds(30), Repeats: 5),
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency at acks=all" },
        new() { Kind = ChartKind.Bars, Title = "p99 from the intended send time", Metric = "p99" },
        new() { Kind = ChartKind.Bars, Title = "Disk writes of all nodes", Metric = "disk-writes" },
        new() { Kind = ChartKind.ThroughputOverTime, Title = "Acknowledged records over time" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];
}
