using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>One partition to ten thousand under the same load of one node, with and without flushes that go through all of their files.</summary>
public sealed class ManyPartitions : Experiment
{
    private const string Closed = "as many as go";
    private const string Keyed = "keyed";
    private const string Flushed = "keyed and flushed";

    public override string Id => "E33";

    public override string Title => "Partitions: scale or burden";

    public override string Question => "How do rate, latency and open files of a node follow its number of partitions, from 1 to 10,000, at the same total load?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(28)];

    public override Expectation Expectation => new(
        "Two cores are as busy with one partition as with ten: the rate does not grow, and from some number on it falls, as each batch goes to a file that neither the processor's caches nor the broker has at hand. With 10,000 it is at most half of that with one; "
        + "the claim falls where it is below 0.95 of it. Keyed records spread over all partitions, so that a batch holds fewer of them the more there are, one in the end: p99 at 10,000 is at least twice that at 1. "
        + "Flushed every 100 ms each file is a write of its own to the disk: with 1,000 the tail is at least 1.5 times that without flushes. The node keeps at most a quarter of its descriptors' limit open, and opens the others again.",
        Expect.RatioAtLeast(0.95, Metric.Achieved, Cell(Closed, "10000"), Cell(Closed, "1"), "10,000 partitions reach at least 0.95 of the rate of one").Decides(28),
        Expect.RatioAtLeast(0.95, Metric.Achieved, Cell(Closed, "100"), Cell(Closed, "1"), "100 partitions reach at least 0.95 of the rate of one"),
        Expect.RatioAtMost(0.5, Metric.Achieved, Cell(Closed, "10000"), Cell(Closed, "1"), "10,000 partitions reach at most half of the rate of one"),
        Expect.RatioAtLeast(2, Metric.P99, Cell(Keyed, "10000"), Cell(Keyed, "1"), "keyed: p99 with 10,000 partitions at least twice that with one"),
        Expect.RatioAtLeast(1.5, Metric.P99, Cell(Flushed, "1000"), Cell(Keyed, "1000"), "1,000 partitions: p99 with a flush every 100 ms at least 1.5 times that without"),
        Expect.AtLeast(0.99, Metric.Held, [(Plan.PartAxis, Keyed)], "keyed: the rate is held with any number of partitions"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of(Closed, "os-cache", new ProduceLoad { Send = new ProduceSpec { Arrival = Arrival.Closed, RecordSize = "100B", BatchBytes = 16 << 10 } }) with { Vary = [All] },
        Shared.Of(Of(Keyed, "os-cache", new ProduceLoad())) with { Vary = [All] },
        Shared.Of(Of(Flushed, "interval(100ms)", new ProduceLoad())) with { Vary = [Axis.Load("partitions", 1, 100, 1000)] },
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, [Closed]), ("partitions", ["1", "100", "10000"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Curve, Title = "As many as go, in batches of 16 KiB", Metric = "achieved", X = "partitions", Only = Part(Closed) },
        new() { Kind = ChartKind.Curve, Title = "p99 of 50,000 keyed records a second", Metric = "p99", X = "partitions", Series = Plan.PartAxis, Only = Part(Keyed) },
        new() { Kind = ChartKind.Curve, Title = "p99 of the same, flushed every 100 ms", Metric = "p99", X = "partitions", Only = Part(Flushed) },
        new() { Kind = ChartKind.Curve, Title = "Broker CPU for a record, keyed", Metric = "cpu-per-record", X = "partitions", Only = Part(Keyed) },
        new() { Kind = ChartKind.Curve, Title = "Files and sockets open in the broker, keyed", Metric = "open-files", X = "partitions", Only = Part(Keyed) },
    ];

    public override IReadOnlyList<string> Caveats =>
    [
        "One node and one generator: what more partitions gain by spreading over several machines is not here.",
        "How many files are kept open follows the limit of the shell it is started from (ulimit -n).",
    ];

    private static Workload Shared => Workload.Find("many-partitions");

    private static Axis All => Axis.Load("partitions", 1, 10, 100, 1000, 10_000);

    private static Plan Of(string part, string flush, ProduceLoad load) => new()
    {
        Part = part,
        // Ten thousand logs that each reserve as far ahead as a few would take the disk.
        Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 }.WithStrategy("write", "pagecache(preallocate=256KiB)").WithStrategy("flush", flush),
        Load = load,
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(4), Repeats: 3),
    };

    private static (string, string)[] Cell(string part, string partitions) => [(Plan.PartAxis, part), ("partitions", partitions)];

    private static Dictionary<string, string> Part(string part) => new() { [Plan.PartAxis] = part };
}
