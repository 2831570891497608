using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Latency over the time a batch may wait to fill, at three loads.</summary>
public sealed class Linger : Experiment
{
    private const string Low = "20000";
    private const string High = "400000";

    public override string Id => "E28";

    public override string Title => "What waiting for a batch costs, and when it pays";

    public override string Question => "How does latency follow the linger of producers, from 0 to 100 ms, at a low, a middle and a high load?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(14)];

    public override Expectation Expectation => new(
        "At the low load a record waits for half the linger in the middle and for all of it in the tail: p50 at 20 ms is at least 8 ms above that at 0. At the high load batches fill before they have lingered, and the curve is flat from there on. "
        + "Between the two it may turn back: without lingering the machine is busy with small requests, and a few milliseconds shorten the tail. The claim falls where p99 at the high load is lower with a linger of 2 ms or 5 ms than without.",
        Expect.RatioAtLeast(1, Metric.P99, Cell("2ms", High), Cell("0us", High), "high load: p99 with a linger of 2 ms is no lower than without").Decides(14),
        Expect.RatioAtLeast(1, Metric.P99, Cell("5ms", High), Cell("0us", High), "high load: p99 with a linger of 5 ms is no lower than without").Decides(14),
        Expect.AtLeast(8, Metric.P50, Cell("20ms", Low), "low load: p50 with a linger of 20 ms at least 8 ms"),
        Expect.AtMost(1, Metric.P50, Cell("0us", Low), "low load: p50 without a linger at most 1 ms"),
        Expect.RatioAtMost(1.5, Metric.P50, Cell("100ms", High), Cell("20ms", High), "high load: from 20 ms on batches fill first, and p50 no longer follows"),
        Expect.RatioAtMost(0.7, Metric.TotalCores, Cell("5ms", High), Cell("0us", High), "high load: a linger of 5 ms needs at most 0.7 of the cores of none"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            // Several producers, as in life: each has batches of its own to fill.
            Load = new ProduceLoad { Partitions = 4, Send = new ProduceSpec { RecordSize = "100B", Connections = 4, BatchBytes = 128 << 10 } },
            Vary = [Axis.Rate(Low, "150000", High), Axis.Load("linger", "0us", "1ms", "2ms", "5ms", "10ms", "20ms", "50ms", "100ms")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("linger", ["0us", "2ms", "5ms", "20ms"]), ("rate", [Low, High]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Curve, Title = "p99 by linger", Metric = "p99", X = "linger", Series = "rate" },
        new() { Kind = ChartKind.Curve, Title = "Median latency by linger", Metric = "p50", X = "linger", Series = "rate" },
        new() { Kind = ChartKind.Curve, Title = "Cores used by linger", Metric = "total-cores", X = "linger", Series = "rate" },
    ];

    public override IReadOnlyList<string> Caveats =>
    [
        "Load is a rate and no share of a maximum, which itself follows the linger: how busy the machine was is in the cores used.",
        "A producer here sends what has come when an answer frees its line, so that it batches under load even without a linger; one that does not would fare worse at 0.",
    ];

    private static (string, string)[] Cell(string linger, string rate) => [("linger", linger), ("rate", rate)];
}
