using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>What a power failure takes of acknowledged records, by flush policy: of a node alone, of one of three, of all three.</summary>
public sealed class LossWindow : Experiment
{
    private static readonly ProduceLoad Load = new()
    {
        Send = new ProduceSpec { RecordsPerSecond = 20_000, RecordSize = "100B", Linger = TimeSpan.FromMilliseconds(2) },
        RequestTimeout = TimeSpan.FromSeconds(1),
    };

    private static readonly Schedule Brief = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(6), Repeats: 3);

    public override string Id => "E20";

    public override string Title => "Loss windows of flush policies";

    public override string Question => "How many acknowledged records does a power failure take, by flush policy, and do replicas stand in for the flush?";

    public override IReadOnlyList<Claim> Claims => [ClaimCatalog.Find(23)];

    public override Expectation Expectation => new(
        "A node alone loses what it had not flushed: everything since the kernel last wrote back under os-cache, some 100 ms under interval(100ms), nothing under group-commit. "
        + "SIGKILL takes nothing from any of them, as the page cache outlives the process. Of three replicas one may lose its power under every policy and nothing is lost, below which the claim falls; "
        + "all three at once lose what none of them had flushed, and only then.",
        Expect.AtLeast(1, Metric.Lost, [("part", "alone"), ("fault", "power-loss"), ("flush", "os-cache")], "alone, os-cache: power loss takes acknowledged records"),
        Expect.AtMost(8000, Metric.Lost, [("part", "alone"), ("fault", "power-loss"), ("flush", "interval")], "alone, interval(100ms): at most 400 ms of records"),
        Expect.AtMost(0, Metric.Lost, [("part", "alone"), ("fault", "power-loss"), ("flush", "group-commit")], "alone, group-commit: none"),
        Expect.AtMost(0, Metric.Lost, [("part", "alone"), ("fault", "kill")], "SIGKILL takes none under any policy"),
        Expect.AtMost(0, Metric.Lost, [("part", "one of three")], "one of three: none under any policy").Decides(23),
        Expect.AtLeast(1, Metric.Lost, [("part", "all three"), ("flush", "os-cache")], "all three, os-cache: acknowledged records are gone"),
        Expect.AtMost(0, Metric.Lost, [("part", "all three"), ("flush", "group-commit")], "all three, group-commit: none"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new()
        {
            Part = "alone",
            Cluster = new() { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = Load,
            CountsLoss = true,
            Vary = [Axis.Strategy("flush", "os-cache", "interval(100ms)", "group-commit"), Axis.Faults("power-loss(leader, at=3s, back=500ms)", "kill(leader, at=3s, back=500ms)")],
            Schedule = Brief,
        },
        new()
        {
            Part = "one of three",
            Load = Load,
            Vary = [Axis.Strategy("flush", "os-cache", "interval(100ms)", "group-commit"), Axis.Faults("power-loss(leader, at=3s, back=500ms)")],
            Schedule = Brief,
        },
        new()
        {
            Part = "all three",
            Load = Load,
            CountsLoss = true,
            Vary = [Axis.Strategy("flush", "os-cache", "interval(100ms)", "group-commit"), Axis.Faults("power-loss(all, at=3s, back=500ms)")],
            Schedule = Brief,
        },
    ];

    public override QuickLook Quick => QuickLook.At((Plan.PartAxis, ["one of three", "all three"])) with { Repeats = 1 };

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        Lost("Acknowledged records lost by a node alone", "alone"),
        Lost("Acknowledged records lost with one of three nodes", "one of three"),
        Lost("Acknowledged records lost with all three nodes", "all three"),
        new()
        {
            Kind = ChartKind.FaultTimeline,
            Title = "A node alone through a power failure, never flushed",
            Only = new Dictionary<string, string> { ["part"] = "alone", ["flush"] = "os-cache", ["fault"] = "power-loss" },
        },
    ];

    private static ChartRequest Lost(string title, string part) =>
        new() { Kind = ChartKind.Bars, Title = title, Metric = "lost", X = "flush", Series = "fault", Only = new Dictionary<string, string> { ["part"] = part } };
}
