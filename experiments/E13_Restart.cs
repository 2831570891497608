using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A node ended cleanly and killed, with its pages still cached and dropped: when does it serve again?</summary>
public sealed class Restart : Experiment
{
    public override string Id => "E13";

    public override string Title => "What survives a restart";

    public override string Question => "How soon after its start does a node serve again, and how fast, when the page cache survived and when it did not?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(10)];

    public override Expectation Expectation => new(
        "A node that was told to stop takes requests in less than 1 s, most of it the runtime's start, whatever is cached and however much it holds: it reads no log. The first fetch follows within 100 ms. "
        + "What the page cache saves shows in the rate: at least 1.5 times that of a node whose pages were dropped, below which the claim falls. "
        + "Nothing has to come up to speed but the runtime's compiled code: 90 % of the steady rate within a second of the first record, hot or cold. "
        + "A killed node reads what lies past its recovery point first, at most a segment, and is at most a second later.",
        Expect.RatioAtLeast(1.5, Metric.Throughput, Cell("clean", "hot"), Cell("clean", "cold"), "after a clean stop: reads at least 1.5 times as fast with the page cache as without").Decides(10),
        Expect.AtMost(1000, Metric.Ready, [("restart", "clean")], "told to stop: takes requests within 1 s of its start"),
        Expect.AtMost(1100, Metric.FirstFetch, [("restart", "clean")], "told to stop: a first fetch within 1.1 s of its start"),
        Expect.AtMost(1000, Metric.Ramp, [("fillBytes", "10GiB")], "90 % of the steady rate within 1 s of the first record"),
        Expect.AtMost(2600, Metric.FirstFetch, [("restart", "kill")], "killed: a first fetch within 2.6 s of its start"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ReadLoad
            {
                Partitions = 100,
                Send = new ProduceSpec { RecordSize = "1KiB", BatchBytes = 128 << 10 },
                Read = new ConsumeSpec { Reading = Reading.Discard, PartitionMaxBytes = 4 << 20 },
            },
            Vary = [Axis.Load("restart", "clean", "kill"), Axis.Load("pageCache", "hot", "cold"), Axis.Load("fillBytes", "1GiB", "10GiB")],
            // No warm-up: what counts is how it starts.
            Schedule = new(Warmup: TimeSpan.Zero, Measure: TimeSpan.FromSeconds(3), Repeats: 3),
        },
    ];

    public override QuickLook Quick => QuickLook.At(("fillBytes", ["10GiB"]), ("restart", ["clean"])) with { Repeats = 1 };

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "From start to a first fetch: 10 GiB", Metric = "first-fetch", X = "restart", Series = "pageCache", Only = Held("10GiB") },
        new() { Kind = ChartKind.Bars, Title = "From start to a first fetch: 1 GiB", Metric = "first-fetch", X = "restart", Series = "pageCache", Only = Held("1GiB") },
        new() { Kind = ChartKind.Bars, Title = "From start to taking requests: 10 GiB", Metric = "ready", X = "restart", Series = "pageCache", Only = Held("10GiB") },
        new() { Kind = ChartKind.FaultTimeline, Title = "Reading right after a clean stop: 10 GiB", Series = "pageCache", Only = After("clean") },
        new() { Kind = ChartKind.FaultTimeline, Title = "Reading right after a kill: 10 GiB", Series = "pageCache", Only = After("kill") },
        new() { Kind = ChartKind.Bars, Title = "From a first record to 90 % of the steady rate: 10 GiB", Metric = "ramp", X = "restart", Series = "pageCache", Only = Held("10GiB") },
        new() { Kind = ChartKind.Bars, Title = "Read rate right after: 10 GiB", Metric = "throughput", X = "restart", Series = "pageCache", Only = Held("10GiB") },
    ];

    private static (string, string)[] Cell(string restart, string pageCache) => [("restart", restart), ("pageCache", pageCache), ("fillBytes", "10GiB")];

    private static Dictionary<string, string> After(string restart) => new(Held("10GiB")) { ["restart"] = restart };

    private static Dictionary<string, string> Held(string fillBytes) => new() { ["fillBytes"] = fillBytes };
}
