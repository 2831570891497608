using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Experiments;

/// <summary>The measure measured: one broker against itself, and against itself with a tenth of its processor time taken away.</summary>
public sealed class SameOrNot : Experiment
{
    private const string First = "first";
    private const string Again = "again";
    private const string Slower = "a tenth slower";

    public override string Id => "E26";

    public override string Title => "The same, and a tenth slower";

    public override string Question => "Does a comparison find no difference where there is none, and find one of a tenth where it was planted?";

    public override Expectation Expectation => new(
        "The broker has half a core and is bound by it: nine tenths of that are nine tenths of the rate. Twenty pairs tell the slower one from the first: their "
        + "interval ends below 1. The first and its twin differ by less than 5 %. Of intervals at 95 % one in twenty misses: more repeats are more campaigns of twenty.",
        Expect.RatioAtMost(0.95, Metric.Achieved, [("part", Slower)], [("part", First)], "a tenth less CPU: at most 0.95 of the rate"),
        Expect.RatioAtLeast(0.85, Metric.Achieved, [("part", Slower)], [("part", First)], "a tenth less CPU: at least 0.85 of the rate"),
        Expect.RatioAtLeast(0.95, Metric.Achieved, [("part", Again)], [("part", First)], "the same again: at least 0.95 of the rate"),
        Expect.RatioAtMost(1.05, Metric.Achieved, [("part", Again)], [("part", First)], "the same again: at most 1.05 of the rate"));

    public override IReadOnlyList<Plan> Plans => [Of(First, 0.5), Of(Again, 0.5), Of(Slower, 0.45)];

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.Bars, Title = "Rate of a broker and of its twins", Metric = "achieved" },
        new() { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = "cpu-per-gb" },
    ];

    private static Plan Of(string part, double cores) => new()
    {
        Part = part,
        Cluster = (new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1, CpuQuota = cores }).WithStrategy("flush", "os-cache"),
        // Small requests: the processor is what they take, and neither the disk nor fresh memory has a say.
        Load = new ProduceLoad
        {
            Send = new ProduceSpec { Arrival = Arrival.Closed, RecordSize = "100B", BatchBytes = 4 << 10, Acks = 1, TemplateMode = true },
        },
        // Runs of a shared machine differ by a tenth and more: six pairs found what was planted in three of ten campaigns.
        Schedule = new(Warmup: TimeSpan.FromSeconds(1), Measure: TimeSpan.FromSeconds(3), Repeats: 20),
    };
}
