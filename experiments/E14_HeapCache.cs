using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Caches in the process beside the page cache: what they hold twice, and what the collector makes of them.</summary>
public sealed class HeapCache : Experiment
{
    public override string Id => "E14";

    public override string Title => "A cache in the process beside the page cache";

    public override string Question => "What does a cache of the broker's own cost in memory and in tail latency, by its size and the collector's settings?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(11), ClaimCatalog.Find(12)];

    public override Expectation Expectation => new(
        "A cache of 256 MiB adds what it holds to the broker's memory while the page cache keeps its copy: the two together grow by at least 100 MB, without which the first claim falls. "
        + "Its chunks are pinned, pooled and few: the collector has nothing to trace in them, so p99.9 stays within 1.5 times that without a cache under either collector, and within 1.5 times that of the same cache off the heap. Nor is the broker stopped for longer: at most 5 ms a second under any cache and either collector. "
        + "The second claim falls where it changes by less than a tenth.",
        Expect.RatioAtLeast(1.2, Metric.Memory, Cell("heap-tail(budget=256MiB)", "0"), Cell("none", "0"), "256 MiB of cache: memory and page cache together grow by at least a fifth").Decides(11),
        Expect.RatioAtLeast(1.1, Metric.P999, Cell("heap-tail(budget=256MiB)", "0"), Cell("none", "0"), "256 MiB of cache: p99.9 at least 1.1 times that without").Decides(12),
        Expect.RatioAtMost(1.5, Metric.P999, Cell("heap-tail(budget=256MiB)", "0"), Cell("none", "0"), "256 MiB of cache: p99.9 at most 1.5 times that without"),
        Expect.RatioAtMost(1.5, Metric.P999, Cell("heap-lru(budget=256MiB)", "0"), Cell("native(budget=256MiB)", "0"), "on the heap p99.9 is at most 1.5 times that off it"),
        Expect.RatioAtMost(1.5, Metric.P999, Cell("heap-tail(budget=256MiB)", "1"), Cell("none", "1"), "the same under the server collector"),
        Expect.AtMost(5, Metric.GcPause, [], "stopped for garbage collections at most 5 ms a second, with any cache"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else latencies are those of a queue that grows"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordsPerSecond = 80_000, RecordSize = "1KiB", Linger = TimeSpan.FromMilliseconds(2) },
                Check = new ConsumeSpec { When = ConsumeWhen.During, Consumers = 2 },
            },
            Vary = [Axis.Strategy("cache", "none", "heap-tail(budget=16MiB)", "heap-tail(budget=256MiB)", "heap-lru(budget=256MiB)", "native(budget=256MiB)"), Axis.Any("serverGC", "env.DOTNET_gcServer", "0", "1") with { Unit = "" }],
            Schedule = new(Warmup: TimeSpan.FromSeconds(3), Measure: TimeSpan.FromSeconds(2), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("cache", ["none", "heap-tail(budget=256MiB)"]), ("serverGC", ["0"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Broker memory and page cache of its records", Metric = "memory", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "Largest broker memory", Metric = "rss", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "p99.9 of the producers", Metric = "p99.9", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "Broker stopped for garbage collections", Metric = "gc-pause", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "Longest stop of the broker for a garbage collection", Metric = "gc-pause-max", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "Garbage collections", Metric = "gc-count", X = "cache", Series = "serverGC" },
        new() { Kind = ChartKind.Bars, Title = "Cores used by the broker", Metric = "broker-cores", X = "cache", Series = "serverGC" },
    ];

    private static (string, string)[] Cell(string cache, string serverGC) => [("cache", cache), ("serverGC", serverGC)];
}
