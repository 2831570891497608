using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>The same records in batches of one and of hundreds: what of a request's cost each record pays.</summary>
public sealed class Batching : Experiment
{
    private const string Time = "time";
    private const string Calls = "calls";
    private const string Lingering = "linger";

    public override string Id => "E27";

    public override string Title => "What a batch saves";

    public override string Question => "How do the broker's CPU time and system calls for a record, and its latency, follow the size of a batch, at the same rate of records?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(13)];

    public override Expectation Expectation => new(
        "20,000 records of 100 bytes a second, in batches of one record up to some six hundred. A request costs the broker the same few calls whatever is in it: 64 KiB at once need at most a twentieth of the calls per record, and at most a fifth of the CPU. "
        + "What is left is paid in latency: a batch of 64 KiB fills for 30 ms, and p50 is at least ten times that of single records. The claim falls where the CPU per record is flat: where the largest batch needs more than 0.9 of the smallest's.",
        Expect.RatioAtMost(0.9, Metric.CpuPerRecord, Cell(Time, "64KiB"), Cell(Time, "256B"), "batches of 64 KiB need at most 0.9 of the CPU per record of single records").Decides(13),
        Expect.RatioAtMost(0.2, Metric.CpuPerRecord, Cell(Time, "64KiB"), Cell(Time, "256B"), "and at most a fifth of it"),
        Expect.RatioAtMost(0.05, Metric.CallsPerRecord, Cell(Calls, "64KiB"), Cell(Calls, "256B"), "batches of 64 KiB need at most a twentieth of the system calls per record"),
        Expect.RatioAtLeast(10, Metric.P50, Cell(Time, "64KiB"), Cell(Time, "256B"), "batches of 64 KiB: p50 at least ten times that of single records"),
        Expect.RatioAtMost(0.5, Metric.CpuPerRecord, [(Plan.PartAxis, Lingering), ("linger", "10ms")], [(Plan.PartAxis, Lingering), ("linger", "0us")], "lingering for 10 ms needs at most half of the CPU per record of not lingering"),
        Expect.AtLeast(0.99, Metric.Held, [], "the rate is held in every cell: else the generator or a queue is what is measured"));

    public override IReadOnlyList<Plan> Plans =>
    [
        Of(Time) with { Vary = [Sizes] },
        Of(Calls, countCalls: true) with { Vary = [Sizes], Schedule = Brief with { Repeats = 1 } },
        Of(Lingering) with { Vary = [Axis.Load("linger", "0us", "1ms", "10ms")] },
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, [Time, Calls]), ("batchBytes", ["256B", "64KiB"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Curve, Title = "Broker CPU for a record, by the size of a batch", Metric = "cpu-per-record", X = "batchBytes", Only = Part(Time) },
        new() { Kind = ChartKind.Bars, Title = "System calls for a record, by the size of a batch", Metric = "calls-per-record", X = "batchBytes", Only = Part(Calls) },
        new() { Kind = ChartKind.Curve, Title = "Median latency, by the size of a batch", Metric = "p50", X = "batchBytes", Only = Part(Time) },
        new() { Kind = ChartKind.Curve, Title = "Broker CPU for a record, by how long a batch may fill", Metric = "cpu-per-record", X = "linger", Only = Part(Lingering) },
    ];

    public override IReadOnlyList<string> Caveats =>
        ["The generator makes the same requests on the same cores: what it needs for small batches is not in the broker's figures, but may keep a rate from being held."];

    // A header takes 61 bytes: 256 B are one record of 100 B.
    private static Axis Sizes => Axis.Load("batchBytes", "256B", "1KiB", "4KiB", "16KiB", "64KiB");

    private static Schedule Brief => new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 3);

    private static Plan Of(string part, bool countCalls = false) => new()
    {
        Part = part,
        Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
        Load = new ProduceLoad
        {
            // Longer than any of the batches takes to fill, so that its size ends it.
            Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(100) },
            CountCalls = countCalls,
        },
        Schedule = Brief,
    };

    private static (string, string)[] Cell(string part, string batch) => [(Plan.PartAxis, part), ("batchBytes", batch)];

    private static Dictionary<string, string> Part(string part) => new() { [Plan.PartAxis] = part };
}
