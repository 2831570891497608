using Harness.Files;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>The ways of writing a file from .NET, each made durable as often as the others.</summary>
public sealed class WritePaths : Experiment
{
    public override string Id => "E06";

    public override string Title => "Ways of writing a file";

    public override string Question => "What does writing past buffered streams gain, at the same distance between flushes?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(15)];

    public override Expectation Expectation => new(
        "Since .NET 6 FileStream's buffer is passed by for blocks as large as itself: at 64 KiB FileStream comes within 5 % of pwrite in rate, which refutes the claim, and needs at most 1.2 of its CPU. "
        + "O_DIRECT saves CPU and waits for the disk each time; a mapping pays a fault a page; a ring through the page cache is a call a write as well and gains nothing.",
        Expect.RatioAtMost(0.95, Metric.Throughput, [("api", "file-stream"), ("blockBytes", "64KiB")], [("api", "system-call"), ("blockBytes", "64KiB")],
            "FileStream is more than 5 % slower than pwrite at 64 KiB").Decides(15),
        Expect.RatioAtMost(1.2, Metric.FileCpuPerGb, [("api", "file-stream"), ("blockBytes", "64KiB")], [("api", "system-call"), ("blockBytes", "64KiB")],
            "FileStream needs at most 1.2 of the CPU of pwrite at 64 KiB"),
        Expect.RatioAtMost(1.1, Metric.FileCpuPerGb, [("api", "random-access"), ("blockBytes", "64KiB")], [("api", "system-call"), ("blockBytes", "64KiB")],
            "RandomAccess needs at most 1.1 of the CPU of pwrite at 64 KiB"),
        Expect.RatioAtMost(0.8, Metric.FileCpuPerGb, [("api", "direct"), ("blockBytes", "1MiB")], [("api", "system-call"), ("blockBytes", "1MiB")],
            "O_DIRECT needs at most 0.8 of the CPU of pwrite at 1 MiB"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, Growing = true, FileBytes = 768L << 20, SyncEveryBytes = 16 << 20 } },
            Vary =
            [
                Axis.Files("api", "system-call", "gather", "random-access", "file-stream", "file-stream-unbuffered", "mapped", "direct", "io-uring"),
                Axis.Files("blockBytes", "4KiB", "64KiB", "1MiB"),
            ],
            Schedule = new(Warmup: TimeSpan.Zero, Measure: TimeSpan.FromSeconds(2), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("api", ["system-call", "random-access", "file-stream"]), ("blockBytes", ["64KiB"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Rate into a new file, made durable every 16 MiB", Metric = "throughput", X = "blockBytes", Series = "api" },
        new() { Kind = ChartKind.Bars, Title = "CPU for each GB written", Metric = "file-cpu-per-gb", X = "blockBytes", Series = "api" },
        new() { Kind = ChartKind.Bars, Title = "The slowest writes, flushes included", Metric = "p99.9", X = "blockBytes", Series = "api" },
    ];
}
