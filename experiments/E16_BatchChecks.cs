using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What the broker's looking into batches costs: their headers, their checksum, each of their records.</summary>
public sealed class BatchChecks : Experiment
{
    public override string Id => "E16";

    public override string Title => "The code that does not run";

    public override string Question => "What does it cost to check a batch's checksum, or each record in it, before it is appended?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(26)];

    public override Expectation Expectation => new(
        "The checksum runs at tens of GB/s and disappears: at most 1.15 of the CPU of looking at the header alone. Walking through records of 100 bytes costs at least a tenth more than the checksum, without which the claim falls; with 1 KiB less than that.",
        Expect.RatioAtLeast(1.1, Metric.CpuPerGb, [("check", "records"), ("recordSize", "100B")], [("check", "header"), ("recordSize", "100B")], "100 B: walking the records needs at least 1.1 of the CPU per GB of the header alone").Decides(26),
        Expect.RatioAtMost(1.15, Metric.CpuPerGb, [("check", "crc"), ("recordSize", "100B")], [("check", "header"), ("recordSize", "100B")], "100 B: the checksum needs at most 1.15 of the CPU per GB of the header alone"),
        Expect.RatioAtMost(1.15, Metric.CpuPerGb, [("check", "crc"), ("recordSize", "1KiB")], [("check", "header"), ("recordSize", "1KiB")], "1 KiB: the checksum needs at most 1.15 of the CPU per GB of the header alone"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad { Send = new ProduceSpec { Arrival = Arrival.Closed, BatchBytes = 128 << 10, Acks = 1, TemplateMode = true } },
            Vary = [Axis.Strategy("check", "header", "crc", "records"), Axis.Load("recordSize", "100B", "1KiB")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("check", ["header", "records"]), ("recordSize", ["100B"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb", X = "recordSize", Series = "check" },
        new() { Kind = ChartKind.Bars, Title = "Rate of appending", Metric = "throughput", X = "recordSize", Series = "check" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Where the CPU time goes" },
    ];
}
