using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>A few short cells of E01, E02 and E03, their runs interleaved: a look at everything in three minutes.</summary>
public sealed class Quick : Experiment
{
    private static readonly Schedule Short = new(Warmup: TimeSpan.FromSeconds(2), Measure: TimeSpan.FromSeconds(5), Repeats: 2);

    public override string Id => "quick";

    public override string Title => "A three-minute tour";

    public override string Question => "Does the whole way work on this machine, and what does each of the three experiments look like in small?";

    public override Expectation Expectation => new(
        "Hot, sendfile needs less CPU per GB than the buffered copy. Group commit costs latency against leaving flushes to the OS. "
        + "1,000,000 records/s are held at acks=all with three replicas.",
        Expect.RatioAtMost(0.8, Metric.CpuPerGb, [("part", "read"), ("read", "sendfile")], [("part", "read"), ("read", "positioned")],
            "sendfile needs at most 0.8 of the CPU per GB of the buffered copy"),
        Expect.RatioAtLeast(1, Metric.P50, [("part", "flush"), ("flush", "group-commit")], [("part", "flush"), ("flush", "os-cache")],
            "group commit answers later than os-cache"),
        Expect.AtLeast(0.99, Metric.Held, [("part", "rate"), ("rate", "1000000")], "1,000,000 records/s are held"),
        Expect.AtMost(0, Metric.Lost, [], "nothing is lost"));

    public override IReadOnlyList<Plan> Plans =>
    [
        new ReadPath().Plans[0] with { Part = "read", Vary = [Axis.Strategy("read", "sendfile", "positioned", "mapped")], Schedule = Short },
        new FlushPolicy().Plans[0] with { Part = "flush", Vary = [Axis.Strategy("flush", "os-cache", "interval(100ms)", "group-commit(2ms)")], Schedule = Short },
        new RoadToOneMillion().Plans[0] with { Part = "rate", Vary = [Axis.Rate("250000", "1000000", PlanSettings.Unlimited)], Schedule = Short },
    ];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "E01 in small: broker CPU per GB read, hot", Metric = "cpu-per-gb", Only = Of("read") },
        new() { Kind = ChartKind.LatencyPercentiles, Title = "E02 in small: produce latency by flush policy", Only = Of("flush") },
        new() { Kind = ChartKind.ThroughputOverTime, Title = "E03 in small: acknowledged records over time", Only = Of("rate") },
        new() { Kind = ChartKind.ThroughputLatency, Title = "E03 in small: p99 latency over the rate", Metric = "p99", Only = Of("rate") },
        new() { Kind = ChartKind.CpuByProcess, Title = "E03 in small: cores used", Only = Of("rate") },
    ];

    private static Dictionary<string, string> Of(string part) => new() { [Plan.PartAxis] = part };
}
