using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A reader that goes round a log, while the broker's memory and page cache are bounded to less and less.</summary>
public sealed class PageCacheSize : Experiment
{
    public override string Id => "E12";

    public override string Title => "Free memory as a cache";

    public override string Question => "How do a reader's rate and its hits in the page cache follow the memory the broker may use?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(9)];

    public override Expectation Expectation => new(
        "With room for all of the log every read after the first comes from memory: hits at least 0.95. With room for a third, a reader that goes round finds at most 0.6, for what it needs next was dropped longest ago. "
        + "The collector does not know of the bound and has no more to do under it: it stops the broker for at most 5 ms a second. "
        + "The claim falls where hits do not follow memory: where a third of the room still gives 0.8 of the hits.",
        Expect.RatioAtMost(0.8, Metric.CacheHits, [("memory", "320MiB")], [("memory", "2GiB")], "room for a third gives at most 0.8 of the hits of room for all").Decides(9),
        Expect.AtLeast(0.95, Metric.CacheHits, [("memory", "2GiB")], "room for all: hits at least 0.95"),
        Expect.AtMost(0.6, Metric.CacheHits, [("memory", "320MiB")], "room for a third: hits at most 0.6"),
        Expect.AtMost(5, Metric.GcPause, [], "stopped for garbage collections at most 5 ms a second, with any memory"),
        Expect.RatioAtLeast(1.5, Metric.Throughput, [("memory", "2GiB")], [("memory", "320MiB")], "room for all is at least 1.5 times as fast as room for a third"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ReadLoad
            {
                FillBytes = 768L << 20,
                Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10 },
                Read = new ConsumeSpec { Reading = Reading.Discard, PartitionMaxBytes = 4 << 20 },
            },
            // The broker itself takes about 100 MiB of it.
            Vary = [Axis.Any("memory", "cluster.memoryLimit", "320MiB", "640MiB", "2GiB")],
            Schedule = new(Warmup: TimeSpan.FromSeconds(3), Measure: TimeSpan.FromSeconds(5), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("memory", ["320MiB", "2GiB"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Share of reads from memory", Metric = "cache-hits" },
        new() { Kind = ChartKind.Bars, Title = "Read rate", Metric = "throughput" },
        new() { Kind = ChartKind.Bars, Title = "Records in the page cache", Metric = "cached" },
        new() { Kind = ChartKind.Bars, Title = "Disk reads", Metric = "disk-reads" },
        new() { Kind = ChartKind.Bars, Title = "Broker stopped for garbage collections", Metric = "gc-pause" },
    ];
}
