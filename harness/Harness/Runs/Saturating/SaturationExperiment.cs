using Harness.Plans;
using Harness.Results;

namespace Harness.Runs.Saturating;

/// <summary>An experiment whose load is searched for the highest rate that meets a latency, instead of being measured at its own rates.</summary>
internal sealed class SaturationExperiment(Experiment searched, LatencyTarget target) : Experiment
{
    public override string Id => searched.Id + "-saturation";

    public override string Title => $"Saturation under the load of {searched.Id}: {target}";

    public override string Question => $"Up to which offered rate is {target}, under the load of {searched.Id} ({searched.Title})?";

    public override Expectation Expectation => new("Nothing was predicted: the rate is searched for.");

    public override IReadOnlyList<Plan> Plans => searched.Plans;

    public override QuickLook Quick => searched.Quick;

    public override IReadOnlyList<ChartRequest> Charts =>
    [
        new() { Kind = ChartKind.LatencyPercentiles, Title = "Latency at each rate that was tried" },
        new() { Kind = ChartKind.CpuByProcess, Title = "Cores used at each rate" },
        new() { Kind = ChartKind.ThroughputOverTime, Title = "Acknowledged records over time" },
    ];
}
