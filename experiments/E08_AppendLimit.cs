using Harness.Files;
using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A broker's log against the same file written by a bare loop, made durable as often.</summary>
public sealed class AppendLimit : Experiment
{
    public override string Id => "E08";

    public override string Title => "How close a log comes to a bare file";

    public override string Question => "Which share of the rate of a bare sequential file does the broker append at, made durable as often?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(3)];

    public override Expectation Expectation => new(
        "Made durable every 16 MiB the disk decides: the broker reaches at least 70 % of the bare loop, below which the claim falls, and may reach more, for it goes on writing while a thread of its own flushes. "
        + "Left to the operating system, the file is as fast as memory and the broker is not: on two cores, which the producer shares, it reaches less than half.",
        Expect.RatioAtLeast(0.7, Metric.Throughput, [("part", "broker"), ("durable", "every-n")], [("part", "file"), ("durable", "16MiB")], "made durable every 16 MiB: the broker reaches 70 % of the file").Decides(3),
        Expect.RatioAtMost(0.5, Metric.Throughput, [("part", "broker"), ("durable", "os-cache")], [("part", "file"), ("durable", "0B")], "left to the operating system: the broker reaches at most half of the file"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Part = "broker",
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad { Send = new ProduceSpec { Arrival = Arrival.Closed, RecordSize = "1KiB", BatchBytes = 1 << 20, Acks = 1, TemplateMode = true } },
            // 16 batches of 1 MiB.
            Vary = [Axis.Any("durable", "flush", "os-cache", "every-n(batches=16)")],
            Schedule = Brief,
        },
        new()
        {
            Part = "file",
            Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, BlockBytes = 1 << 20, Growing = true, FileBytes = 4L << 30 } },
            Vary = [Axis.Any("durable", "files.syncEvery", "0B", "16MiB")],
            Schedule = Brief,
        },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Rate of appending", Metric = "throughput" },
        new() { Kind = ChartKind.Bars, Title = "What reached the disk meanwhile", Metric = "disk-writes" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];

    private static Schedule Brief => new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3);
}
