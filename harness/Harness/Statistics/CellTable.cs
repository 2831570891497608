using System.Globalization;
using Harness.Results;

namespace Harness.Statistics;

/// <summary><c>cells.csv</c>: what repeats come to, a line for each cell and each metric that it has, for a spreadsheet or a data frame.</summary>
internal static class CellTable
{
    public static string ToCsv(ResultPlan plan, CampaignSummary summary)
    {
        var axes = plan.Axes.Select(axis => axis.Name).ToList();
        string[] headers =
        [
            "cell", "label", .. axes.Select(axis => "axis." + axis), "runs", "soundRuns", "metric", "unit", "median", "low", "high", "interval", "count",
        ];
        var rows = from cell in summary.Cells
                   from metric in cell.Metrics
                   select (string[])
                   [
                       cell.Cell, cell.Label, .. axes.Select(axis => cell.Values.GetValueOrDefault(axis, "")), Text(cell.Runs), Text(cell.SoundRuns),
                       metric.Metric, metric.Unit, Text(metric.Median), Text(metric.Low), Text(metric.High),
                       metric.Interval == SpreadKind.Confidence ? "confidence" : "range", Text(metric.Count),
                   ];
        return new CsvTable(headers, [.. rows]).ToCsv();
    }

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
