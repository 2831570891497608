using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The part of the page that says which cells differ, by how much, and which numbers are not what their middle says.</summary>
internal sealed class ReportStatistics(CampaignResults campaign, HtmlPage html)
{
    public void Write()
    {
        WriteShapes();
        WriteComparisons();
    }

    private void WriteShapes()
    {
        var flags = campaign.Cells.SelectMany(cell => KeyMetrics.Of(campaign.Plan).SelectMany(metric => Flags(cell, metric))).ToList();
        if (flags.Count == 0) return;

        html.Element("h3", "Not one heap of like numbers").Open("ul");
        foreach (var flag in flags) html.Element("li", flag);
        html.Close("ul");
    }

    private static IEnumerable<string> Flags(CellResults cell, Metric metric)
    {
        foreach (var repeat in cell.Outliers(metric) ?? [])
        {
            var value = metric.Of(cell.Runs.First(run => run.Repeat == repeat))!.Value;
            yield return $"Outlier: {metric.Title} of {cell.Label}, repeat {repeat}: {Figure.Text(value, metric.Unit)}, "
                + $"where the median is {Figure.Text(cell.Spread(metric)!.Median, metric.Unit)}.";
        }

        if (SampleShape.Of(cell.Values(metric)) is { IsMultimodal: true, Modes: { } modes })
            yield return $"Several modes: {metric.Title} of {cell.Label} lies about {string.Join(" and ", modes.Select(mode => Figure.Text(mode, metric.Unit)))}: "
                + "a median between them was never measured.";
    }

    private void WriteComparisons()
    {
        var comparisons = CellComparison.Of(campaign);
        if (comparisons.Count == 0) return;

        var rule = comparisons[0].Outcome.Rule;
        html.Section("comparisons", "Cells against each other")
            .Element("p", string.Create(CultureInfo.InvariantCulture,
                $"Along each axis, every cell against the first one, round by round: what a round shared cancels. Ratio with its "
                + $"{rule.Confidence * 100:0.##} % confidence interval; of {comparisons.Count} comparisons without any difference one in "
                + $"{1 / (1 - rule.Confidence):0} would show one. Below six pairs the interval is Student's t of the logarithms, "
                + $"from six on it is by signed ranks."), "muted")
            .Table(
                [("cell", false), ("against", false), ("metric", false), ("ratio", true), ("what follows", false), ("pairs", true)],
                comparisons.Select(comparison => ("", (IReadOnlyList<string>)
                [
                    comparison.Cell.Label, comparison.Axis.TextOf(comparison.Base[comparison.Axis.Name]), comparison.Metric.Title,
                    comparison.Outcome.Figure(comparison.Metric), comparison.Outcome.VerdictText(comparison.Metric), $"{comparison.Outcome.These}",
                ])));
    }
}
