using Harness.Files;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>Random against sequential reads and writes: of the device itself, and through the page cache.</summary>
public sealed class RandomAccess : Experiment
{
    public override string Id => "E04";

    public override string Title => "What random access costs";

    public override string Question => "How much slower is random access than sequential, at the device and through the page cache?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(1)];

    public override Expectation Expectation => new(
        "A disk without a head has nothing to move: past the page cache, random blocks come as fast as sequential ones, 0.5 to 2 times. "
        + "Through a cold page cache sequential reads win at 4 KiB by 5 to 30 times, because the kernel reads ahead of them and cannot ahead of random ones; at 1 MiB by less than 3. "
        + "The claim falls where the ratio is below 10 at equal block size.",
        Expect.RatioAtLeast(10, Metric.Throughput, Cell("read", "direct", "4KiB", "sequential"), Cell("read", "direct", "4KiB", "random"), "device, reads of 4 KiB: sequential at least 10 times as fast").Decides(1),
        Expect.RatioAtLeast(10, Metric.Throughput, Cell("read", "system-call", "4KiB", "sequential"), Cell("read", "system-call", "4KiB", "random"), "cold page cache, reads of 4 KiB: sequential at least 10 times as fast").Decides(1),
        Expect.RatioAtMost(2, Metric.Throughput, Cell("read", "direct", "4KiB", "sequential"), Cell("read", "direct", "4KiB", "random"), "device, reads of 4 KiB: sequential at most twice as fast"),
        Expect.RatioAtMost(2, Metric.Throughput, Cell("write", "direct", "4KiB", "sequential"), Cell("write", "direct", "4KiB", "random"), "device, writes of 4 KiB: sequential at most twice as fast"),
        Expect.RatioAtMost(3, Metric.Throughput, Cell("read", "system-call", "1MiB", "sequential"), Cell("read", "system-call", "1MiB", "random"), "cold page cache, reads of 1 MiB: sequential at most 3 times as fast"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of("read", new FileWork { Cache = CacheState.Cold }) with { Vary = [Api("direct", "system-call"), Blocks, Patterns] },
        Of("write", new FileWork { Action = FileAction.Write }) with { Vary = [Api("direct"), Blocks, Patterns] },
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, ["read"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Reads, cold", Metric = "throughput", Series = "pattern", Only = Part("read") },
        new() { Kind = ChartKind.Bars, Title = "Writes over a file that is there", Metric = "throughput", Series = "pattern", Only = Part("write") },
        new() { Kind = ChartKind.Bars, Title = "Time of the slowest reads, cold", Metric = "p99", Series = "pattern", Only = Part("read") },
    ];

    private static Axis Blocks => Axis.Files("blockBytes", "4KiB", "1MiB");

    private static Axis Patterns => Axis.Files("pattern", "sequential", "random");

    private static Axis Api(params string[] values) => Axis.Files("api", values);

    private static Plan Of(string part, FileWork work) => new()
    {
        Part = part,
        Load = new FileLoad { Work = work with { FileBytes = 512L << 20 } },
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(2), Repeats: 3),
    };

    private static (string, string)[] Cell(string part, string api, string block, string pattern) =>
        [("part", part), ("api", api), ("blockBytes", block), ("pattern", pattern)];

    private static Dictionary<string, string> Part(string part) => new() { [Plan.PartAxis] = part };
}
