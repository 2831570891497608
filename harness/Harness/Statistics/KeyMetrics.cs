using Harness.Results;

namespace Harness.Statistics;

/// <summary>The figures that a plan is about: those its checks judge and its charts show.</summary>
public static class KeyMetrics
{
    private static readonly Metric[] Usual = [Metric.Achieved, Metric.Operations, Metric.P50, Metric.P99, Metric.CpuPerGb];

    /// <summary>In the order of <see cref="Metric.All"/>, counts of faults left out: those are no matter of intervals. What does not exist is skipped.</summary>
    public static IReadOnlyList<Metric> Of(ResultPlan plan)
    {
        var named = plan.Checks.Select(check => check.Metric).Concat(plan.Charts.SelectMany(Shown)).ToHashSet();
        var metrics = Metric.All.Where(metric => named.Contains(metric.Name) && !metric.IsFault).ToList();
        return metrics.Count == 0 ? Usual : metrics;
    }

    private static IEnumerable<string> Shown(ChartRequest chart) => chart.Kind switch
    {
        ChartKind.LatencyPercentiles => [Metric.P50.Name, Metric.P99.Name],
        ChartKind.ThroughputLatencyCurve => [Metric.Achieved.Name, Metric.P50.Name, Metric.P99.Name, Metric.P999.Name],
        ChartKind.ThroughputOverTime => [Metric.Achieved.Name],
        _ when chart.Metric is { } metric => [metric],
        _ => [],
    };
}
