using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A log on a disk, on a file system in memory, and in the process's memory, none of them ever flushed.</summary>
public sealed class InMemory : Experiment
{
    public override string Id => "E17";

    public override string Title => "A log in memory against one in the page cache";

    public override string Question => "How much faster is a log that lives in memory than one in the page cache that is never flushed?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(27)];

    public override Expectation Expectation => new(
        "The page cache is memory: without flushes tmpfs is at most 1.2 times as fast and its median as long, and so is the write path that keeps segments in memory. "
        + "What the disk adds is the kernel's writing back behind the load, which takes CPU from two cores. The claim stands where tmpfs is more than 20 % faster.",
        Expect.RatioAtLeast(1.2, Metric.Throughput, [("part", "tmpfs")], [("part", "disk")], "tmpfs is more than 1.2 times as fast as the disk's page cache").Decides(27),
        Expect.RatioAtMost(1.5, Metric.Throughput, [("part", "tmpfs")], [("part", "disk")], "tmpfs is at most 1.5 times as fast as the disk's page cache"),
        Expect.RatioAtMost(1.2, Metric.CpuPerGb, [("part", "tmpfs")], [("part", "disk")], "tmpfs needs at most 1.2 of the CPU per GB"));

    public override IReadOnlyList<Plan> Plans => [Of("disk", new()), Of("tmpfs", new() { Data = DataPlace.Tmpfs }), Of("memory", new ClusterPlan().WithStrategy("write", "memory"))];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, ["disk", "tmpfs"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Rate of appending, never flushed", Metric = "throughput" },
        new() { Kind = ChartKind.Bars, Title = "p99 in a closed loop", Metric = "p99" },
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb" },
    ];

    private static Plan Of(string part, ClusterPlan cluster) => new()
    {
        Part = part,
        Cluster = (cluster with { Nodes = 1, Replication = 1, MinInSync = 1 }).WithStrategy("flush", "os-cache"),
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { Arrival = Arrival.Closed, RecordSize = "1KiB", BatchBytes = 128 << 10, Acks = 1, TemplateMode = true },
        },
        // Short: what is in memory fills it.
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(2), Repeats: 5),
    };
}
