using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A consumer that comes back after a long time, beside producers and consumers that are up to date, with and without room for its past in memory.</summary>
public sealed class LateConsumer : Experiment
{
    private const string Capped = "640MiB";

    public override string Id => "E29";

    public override string Title => "The catch-up tax";

    public override string Question => "What does a consumer that reads what it has missed cost producers and tailing consumers, by how much it has missed and by the memory of the broker?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(21)];

    public override Expectation Expectation => new(
        "What is missed comes from the disk, on threads that serve others too, and takes CPU of the same two cores: 2 GiB keep the machine busy for most of the run, and the tax is in the tail, p99 of the tailing consumers more than 1.2 times that without, above which the claim falls. "
        + "256 MiB are read in a few tenths of a second, which p50 does not see. A broker that is bound to 640 MiB, less than the past it serves, pays little more, as those who are up to date read the newest pages, which are still there.",
        Decides(Metric.EndToEndP99, "tailing consumers", "none"),
        Decides(Metric.P99, "producers", "none"),
        Decides(Metric.EndToEndP99, "tailing consumers", Capped),
        Decides(Metric.P99, "producers", Capped),
        Expect.RatioAtMost(1.2, Metric.P50, Cell("256MiB", "none"), Cell("0B", "none"), "256 MiB missed: p50 of the producers at most 1.2 times that without"),
        Expect.RatioAtMost(2, Metric.EndToEndP99, Cell("2GiB", Capped), Cell("2GiB", "none"), "2 GiB missed: a broker bound to 640 MiB at most doubles p99 of the tailing consumers"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Workload.Find("catch-up").Of(new Plan
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad(),
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
        }) with { Vary = [Axis.Load("backlog", "0B", "256MiB", "2GiB"), Axis.Any("memory", "cluster.memoryLimit", "none", Capped)] },
    ];

    public override QuickLook Quick => QuickLook.At(("backlog", ["0B", "2GiB"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "p99 of the tailing consumers, from the intended send time", Metric = "end-to-end-p99", X = "backlog", Series = "memory" },
        new() { Kind = ChartKind.Bars, Title = "p99 of the producers", Metric = "p99", X = "backlog", Series = "memory" },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Produce latency by what the late consumer has missed", Series = "backlog", Only = new Dictionary<string, string> { ["memory"] = "none" } },
        new() { Kind = ChartKind.Bars, Title = "What the late consumer got", Metric = "beside", X = "backlog", Series = "memory" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];

    public override IReadOnlyList<string> Caveats =>
    [
        "A lag of days is a lag that no cache holds: the past is dropped from the page cache before it is read, whatever its age.",
        "The late consumer and those who are up to date share the broker's cores: what it costs them is CPU as well as disk, and with more cores it would be less.",
        "The bound on memory wants a control group, as root; without one its runs fail and the claim is not decided.",
    ];

    private static Check Decides(Metric p99, string whose, string memory) =>
        Expect.RatioAtMost(1.2, p99, Cell("2GiB", memory), Cell("0B", memory), $"2 GiB missed, memory {memory}: p99 of the {whose} at most 1.2 times that without").Decides(21);

    private static (string, string)[] Cell(string backlog, string memory) => [("backlog", backlog), ("memory", memory)];
}
