using Harness.Files;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Sequential reads from the device and from the page cache against copying memory.</summary>
public sealed class MemoryBandwidth : Experiment
{
    public override string Id => "E05";

    public override string Title => "Sequential reads against the speed of memory";

    public override string Question => "How close do sequential reads come to copying memory, from the device and from the page cache?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(2)];

    public override Expectation Expectation => new(
        "The device gives a tenth of what one thread copies, whatever the number of threads: the claim, which falls below half, holds for the page cache only, "
        + "and there only because a cached read is a copy: at least half of it in blocks of 1 MiB.",
        Expect.RatioAtLeast(0.5, Metric.Throughput, [("part", "device")], [("part", "copy")], "the device reaches half of what copying does").Decides(2),
        Expect.RatioAtLeast(0.5, Metric.Throughput, [("part", "page cache")], [("part", "copy")], "the page cache reaches half of what copying does"),
        Expect.RatioAtMost(0.3, Metric.Throughput, [("part", "device")], [("part", "copy")], "the device gives at most 0.3 of what copying does"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of("device", new FileWork { Api = "direct", Cache = CacheState.Cold }),
        Of("page cache", new FileWork()),
        // Larger than any processor's cache, or it would measure that.
        Of("copy", new FileWork { Action = FileAction.Copy }),
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Sequential rate", Metric = "throughput", X = "part", Series = "threads" },
        new() { Kind = ChartKind.Bars, Title = "CPU for each GB", Metric = "file-cpu-per-gb", X = "part", Series = "threads" },
    ];

    private static Plan Of(string part, FileWork work) => new()
    {
        Part = part,
        Load = new FileLoad { Work = work with { BlockBytes = 1 << 20, FileBytes = 2L << 30 } },
        Vary = [new Axis("threads", "files.threads", ["1", "2"], "")],
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 3),
    };
}
