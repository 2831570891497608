using Harness.Results;

namespace Harness.Statistics;

/// <summary>What a campaign's numbers say, for programs: <c>summary.json</c>. Everything in it follows from the other files of the folder.</summary>
public sealed record CampaignSummary(
    IReadOnlyList<CellSummary> Cells, IReadOnlyList<ComparisonSummary> Comparisons, IReadOnlyList<DriftSummary> Drifted,
    IReadOnlyList<LimitSummary> Limits, IReadOnlyList<LimitShareSummary> LimitShares)
{
    public static CampaignSummary Of(CampaignResults campaign) => new(
        [.. campaign.Cells.Select(CellSummary.Of)],
        [.. CellComparison.Of(campaign).Select(ComparisonSummary.Of)],
        [.. campaign.Runs.Where(run => run.Stationary == false).Select(run => new DriftSummary(run.Cell, run.Repeat, run.Drift))],
        [.. campaign.Runs.Where(run => run.Bottleneck.Length > 0)
            .Select(run => new LimitSummary(run.Cell, run.Repeat, run.Bottleneck, run.BottleneckEvidence, run.LimitWarning))],
        [.. LimitShare.Of(campaign).Select(share => new LimitShareSummary(share.Cell.Facts.Id, share.Name, share.MegabytesPerSecond, share.Limit, share.Share))]);
}

/// <summary>A cell by every metric that it has.</summary>
public sealed record CellSummary(
    string Cell, string Label, IReadOnlyDictionary<string, string> Values, int Runs, int SoundRuns, IReadOnlyList<MetricSummary> Metrics)
{
    public static CellSummary Of(CellResults cell) => new(
        cell.Facts.Id, cell.Label, cell.Facts.Values, cell.Runs.Count, cell.SoundRuns.Count,
        [.. Metric.All.Select(metric => MetricSummary.Of(cell, metric)).OfType<MetricSummary>()]);
}

/// <summary>A metric over a cell's repeats.</summary>
/// <param name="Interval"><c>confidence</c> or <c>range</c>, see <see cref="SpreadKind"/>.</param>
/// <param name="OutlierRepeats">Repeats far off the others; null when there are too few to tell.</param>
/// <param name="Modes">Where several heaps are, or the one; null when there are too few runs to tell.</param>
public sealed record MetricSummary(
    string Metric, string Unit, double Median, double Low, double High, SpreadKind Interval, int Count,
    IReadOnlyList<int>? OutlierRepeats, IReadOnlyList<double>? Modes)
{
    internal static MetricSummary? Of(CellResults cell, Metric metric) => cell.Spread(metric) is { } spread
        ? new MetricSummary(
            metric.Name, metric.Unit, spread.Median, spread.Low, spread.High, spread.Kind, spread.Count,
            cell.Outliers(metric), SampleShape.Of(cell.Values(metric)).Modes)
        : null;
}

/// <summary>A cell against another: see <see cref="CellComparison"/>.</summary>
public sealed record ComparisonSummary(string Cell, string Base, string Axis, string Metric, FigureSummary Figure)
{
    internal static ComparisonSummary Of(CellComparison comparison) => new(
        comparison.Cell.Facts.Id, comparison.Base.Facts.Id, comparison.Axis.Name, comparison.Metric.Name, FigureSummary.Of(comparison.Outcome));
}

/// <summary>How a comparison came out. Bounds are null where there is no interval, all of the ratio where there is none.</summary>
public sealed record FigureSummary(
    double? Ratio, double? RatioLow, double? RatioHigh, double Shift, double? ShiftLow, double? ShiftHigh,
    int These, int Bases, bool IsPaired, double Confidence, double Threshold, ComparisonVerdict Verdict)
{
    internal static FigureSummary Of(Comparison comparison)
    {
        var (ratio, shift, rule) = (comparison.Ratio, comparison.Shift, comparison.Rule);
        return new FigureSummary(
            ratio?.Value, Bound(ratio, ratio?.Low), Bound(ratio, ratio?.High), shift.Value, Bound(shift, shift.Low), Bound(shift, shift.High),
            comparison.These, comparison.Bases, comparison.IsPaired, rule.Confidence, rule.Threshold, comparison.Verdict);
    }

    private static double? Bound(Estimate? estimate, double? bound) => estimate is { IsBounded: true } ? bound : null;
}

/// <summary>What a run was limited by: see <see cref="RunRow.Bottleneck"/>.</summary>
public sealed record LimitSummary(string Cell, int Repeat, string Bottleneck, string Evidence, string Warning);

/// <summary>What a cell moved of what the machine can move: see <see cref="LimitShare"/>.</summary>
public sealed record LimitShareSummary(string Cell, string Limit, double MegabytesPerSecond, double LimitMegabytesPerSecond, double Share);

/// <summary>A run that was not the same from its first measured second to its last.</summary>
public sealed record DriftSummary(string Cell, int Repeat, string Drift);
