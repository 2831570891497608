using Harness.Results;

namespace Harness.Statistics;

/// <summary>Two cells of one campaign that differ in one axis, by one metric.</summary>
/// <param name="Cell">The cell that is compared.</param>
/// <param name="Base">What it is compared with.</param>
/// <param name="Axis">What they differ in.</param>
/// <param name="Metric">By what.</param>
/// <param name="Outcome">How it came out.</param>
public sealed record CellComparison(CellResults Cell, CellResults Base, AxisFacts Axis, Metric Metric, Comparison Outcome)
{
    /// <summary>Along each axis every cell against the one that has the axis' first value and is the same in all else, where
    /// runs of both stand side by side.</summary>
    public static IReadOnlyList<CellComparison> Of(CampaignResults campaign) =>
    [
        .. from axis in campaign.Plan.Axes
           where axis.Values.Count > 1
           from cell in campaign.Cells
           let partner = campaign.Cells.FirstOrDefault(other => IsBase(cell, other, axis))
           where partner is not null
           from metric in KeyMetrics.Of(campaign.Plan)
           let outcome = cell.Against(partner, metric)
           where outcome is not null
           select new CellComparison(cell, partner, axis, metric, outcome),
    ];

    private static bool IsBase(CellResults cell, CellResults other, AxisFacts axis) =>
        other[axis.Name] == axis.Values[0] && cell[axis.Name] != axis.Values[0]
        && cell.Facts.Values.Count == other.Facts.Values.Count
        && cell.Facts.Values.All(value => value.Key == axis.Name || other[value.Key] == value.Value);
}
