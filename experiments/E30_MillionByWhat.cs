using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A million records a second, one thing changed at a time: size, batch, partitions, acks, replicas; and how many each would hold without a schedule.</summary>
public sealed class MillionByWhat : Experiment
{
    private const string Open = "a million offered";
    private const string Closed = "as many as go";
    private const string Usual = "as E03";
    private const string Kilobyte = "1 KiB records";
    private const string SmallBatches = "16 KiB batches";

    public override string Id => "E30";

    public override string Title => "A million messages a second, of which kind";

    public override string Question => "Are 1,000,000 records a second held within a p99 of 10 ms, and at how many records a core, by their size, batches, partitions, acks and replicas?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(24)];

    public override Expectation Expectation => new(
        "100-byte records in batches of 128 KiB, three replicas, acks=all: 1,000,000 a second are held with p99 at most 10 ms, below which the claim falls. It is a claim about small records: of 1 KiB, which would be 1 GB/s and three copies of it, two cores and a disk take less than half a million, even without a schedule. "
        + "Batches of 16 KiB and six partitions hold it too, without a replica it takes at most half of the cores. The figure to take elsewhere is the rate by each core used, generator included: at least 1,000,000 as E03 asks.",
        Expect.AtLeast(0.99, Metric.Held, Cell(Open, Usual), "1,000,000 records/s are held at acks=all with three replicas").Decides(24),
        Expect.AtMost(10, Metric.P99, Cell(Open, Usual), "with p99 at most 10 ms").Decides(24),
        Expect.AtLeast(1e6, Metric.PerCore, Cell(Open, Usual), "at least 1,000,000 records/s by each core used"),
        Expect.AtMost(5e5, Metric.Achieved, Cell(Closed, Kilobyte), "of 1 KiB, as many as go are at most half a million"),
        Expect.AtLeast(0.99, Metric.Held, Cell(Open, SmallBatches), "in batches of 16 KiB they are held"),
        Expect.RatioAtMost(0.5, Metric.TotalCores, Cell(Open, "one replica"), Cell(Open, Usual), "one replica needs at most half of the cores of three"),
        Expect.RatioAtLeast(1, Metric.Achieved, Cell(Closed, "acks=1"), Cell(Closed, Usual), "without a schedule acks=1 reaches no less than acks=all"));

    public override IReadOnlyList<Plan> Plans =>
    [
        // A schedule of 1 GB/s would only pile up what nobody takes.
        .. Kinds.Where(kind => kind.Name != Kilobyte).Select(kind => Of(Open, kind.Name, kind.Change)),
        .. Kinds.Select(kind => Of(Closed, kind.Name, kind.Change)),
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, [$"{Open}({Usual})", $"{Open}(one replica)", $"{Closed}({Usual})"]));

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "A million offered: records a second by each core used", Metric = "per-core", Only = Loop(Open) },
        new() { Kind = ChartKind.Bars, Title = "A million offered: what was taken", Metric = "achieved", Only = Loop(Open) },
        new() { Kind = ChartKind.Bars, Title = "A million offered: p99", Metric = "p99", Only = Loop(Open) },
        new() { Kind = ChartKind.Bars, Title = "As many as go", Metric = "achieved", Only = Loop(Closed) },
        new() { Kind = ChartKind.CpuByProcess, Title = "A million offered: cores used", Only = Loop(Open) },
    ];

    public override IReadOnlyList<string> Caveats =>
        ["Generator and brokers share the machine's cores: the highest rate is of all together, and the rate by each core used is what carries over."];

    private static IEnumerable<(string Name, Func<Plan, Plan> Change)> Kinds =>
    [
        (Usual, plan => plan),
        (Kilobyte, plan => Sending(plan, send => send with { RecordSize = "1KiB" })),
        (SmallBatches, plan => Sending(plan, send => send with { BatchBytes = 16 << 10 })),
        ("six partitions", plan => plan with { Load = (ProduceLoad)plan.Load with { Partitions = 6 } }),
        ("acks=1", plan => Sending(plan, send => send with { Acks = 1 })),
        ("one replica", plan => plan with { Cluster = plan.Cluster with { Nodes = 1, Replication = 1, MinInSync = 1 } }),
    ];

    // The load and the cluster of E03, at its highest schedule or at none.
    private static Plan Of(string loop, string name, Func<Plan, Plan> change) => change(new RoadToOneMillion().Plans[0] with
    {
        Part = $"{loop}({name})",
        Vary = [Axis.Rate(loop == Open ? "1000000" : PlanSettings.Unlimited)],
        Schedule = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(5), Repeats: 3),
    });

    private static Plan Sending(Plan plan, Func<ProduceSpec, ProduceSpec> change) =>
        plan with { Load = (ProduceLoad)plan.Load with { Send = change(((ProduceLoad)plan.Load).Send) } };

    private static (string, string)[] Cell(string loop, string name) => [(Plan.PartAxis, $"{loop}({name})")];

    private static Dictionary<string, string> Loop(string loop) => new() { [Plan.PartAxis] = loop };
}
