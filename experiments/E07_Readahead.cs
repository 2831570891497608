using Harness.Files;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Cold sequential reads with the kernel's readahead as it is, widened, and turned off.</summary>
public sealed class Readahead : Experiment
{
    public override string Id => "E07";

    public override string Title => "What readahead does for a reader that falls behind";

    public override string Question => "How much faster does the kernel's readahead make cold sequential reads?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(22)];

    public override Expectation Expectation => new(
        "Without readahead each block of 4 KiB waits for the disk: at least 5 times slower than with it. At 64 KiB a block is itself a readahead window's half: still at least 1.3 times. "
        + "A mapping without it takes a fault that waits for the disk for each page. The claim falls where turning it off changes nothing.",
        Expect.RatioAtLeast(1.1, Metric.Throughput, [("api", "system-call"), ("advice", "none")], [("api", "system-call"), ("advice", "random")], "pread: readahead makes cold reads at least 1.1 times as fast").Decides(22),
        Expect.RatioAtLeast(1.1, Metric.Throughput, [("api", "mapped"), ("advice", "none")], [("api", "mapped"), ("advice", "random")], "mapped: readahead makes cold reads at least 1.1 times as fast").Decides(22),
        Expect.RatioAtLeast(5, Metric.Throughput, [("api", "system-call"), ("blockBytes", "4KiB"), ("advice", "none")], [("api", "system-call"), ("blockBytes", "4KiB"), ("advice", "random")],
            "pread of 4 KiB: at least 5 times as fast with readahead"),
        Expect.RatioAtLeast(0.9, Metric.Throughput, [("advice", "sequential")], [("advice", "none")], "asking for sequential reads costs nothing"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Load = new FileLoad { Work = new FileWork { Cache = CacheState.Cold, FileBytes = 512L << 20 } },
            Vary = [Axis.Files("api", "system-call", "mapped"), Axis.Files("blockBytes", "4KiB", "64KiB"), Axis.Files("advice", "none", "sequential", "random")],
            Schedule = new(Warmup: TimeSpan.Zero, Measure: TimeSpan.FromSeconds(3), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("blockBytes", ["4KiB"]), ("advice", ["none", "random"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Cold sequential reads by what the kernel is told", Metric = "throughput", Series = "advice" },
        new() { Kind = ChartKind.Bars, Title = "Page faults that waited for the disk", Metric = "major-faults", Series = "advice", Only = new Dictionary<string, string> { ["api"] = "mapped" } },
        new() { Kind = ChartKind.Bars, Title = "The slowest reads", Metric = "p99", Series = "advice" },
    ];
}
