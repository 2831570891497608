using Harness.Results;
using Harness.Statistics;

namespace Harness.Notebooks;

/// <summary>Single figures of a result, as sentences want them: what is missing is said in the place of the figure.</summary>
public static class CampaignReading
{
    /// <summary>The cells with these values.</summary>
    /// <remarks>A value may be what its axis calls it (<c>0.5 ms each way</c>) and may leave out a strategy's parameters.</remarks>
    public static IReadOnlyList<CellResults> CellsOf(this CampaignResults campaign, params (string Axis, string Value)[] values) =>
        [.. campaign.Cells.Where(cell => values.All(wanted => IsAt(campaign, cell, wanted.Axis, wanted.Value)))];

    /// <summary>The one cell with these values; null when there is none or several.</summary>
    public static CellResults? Cell(this CampaignResults campaign, params (string Axis, string Value)[] values) =>
        campaign.CellsOf(values) is [var only] ? only : null;

    /// <summary>The median of a metric in the one cell with these values, with unit and interval, or why there is none.</summary>
    public static string FigureOf(this CampaignResults campaign, Metric metric, params (string Axis, string Value)[] values) =>
        campaign.Cell(values) is not { } cell ? NoCell(campaign, values) : cell.Spread(metric) is { } spread ? TextOf(spread, metric) : Missing(cell, metric);

    /// <summary>How many times the figure of another cell it is, with interval and what follows, or why that is not known.</summary>
    public static string RatioOf(this CampaignResults campaign, Metric metric, (string Axis, string Value)[] these, (string Axis, string Value)[] bases)
    {
        if (campaign.Cell(these) is not { } cell) return NoCell(campaign, these);
        if (campaign.Cell(bases) is not { } other) return NoCell(campaign, bases);

        return cell.Against(other, metric) is { } comparison ? $"{comparison.Figure(metric)}: {comparison.VerdictText(metric)}"
            : cell.Spread(metric) is null ? Missing(cell, metric)
            : other.Spread(metric) is null ? Missing(other, metric)
            : $"not known: no repeat has both {cell.Label} and {other.Label}";
    }

    /// <summary>A median with its unit, and its interval where runs differ.</summary>
    internal static string TextOf(Spread spread, Metric metric) => Figure.Text(spread.Median, metric.Unit)
        + (spread.High > spread.Low ? $" [{Figure.Number(spread.Low, metric.Unit)}, {Figure.Number(spread.High, metric.Unit)}]" : "");

    internal static bool IsAt(CampaignResults campaign, CellResults cell, string axis, string value) =>
        cell.Facts.Values.TryGetValue(axis, out var actual)
        && (CellSelector.Matches(value, actual) || campaign.Plan.Axes.Any(known => known.Name == axis && known.TextOf(actual) == value));

    private static string Missing(CellResults cell, Metric metric) =>
        cell.SoundRuns.Count == 0 ? $"not known: no sound run of {cell.Label}" : $"not known: {cell.Label} has no {metric.Title.ToLowerInvariant()}";

    private static string NoCell(CampaignResults campaign, (string Axis, string Value)[] values)
    {
        var wanted = string.Join(" · ", values.Select(value => value.Value));
        return campaign.CellsOf(values).Count == 0 ? $"not known: this result has no cell {wanted}" : $"not known: {wanted} is more than one cell";
    }
}
