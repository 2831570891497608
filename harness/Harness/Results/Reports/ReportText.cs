using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>Numbers and names as the page's tables write them.</summary>
internal static class ReportText
{
    private const string None = "–";

    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    public static string Number(double? value) =>
        value is not { } number ? None : Math.Abs(number) >= 1000 ? number.ToString("N0", CultureInfo.InvariantCulture) : Figure.Plain(number);

    public static string WithUnit(Metric metric) => metric.Unit.Length == 0 ? metric.Title : $"{metric.Title} ({metric.Unit})";

    public static string SpreadText(Spread? spread, Metric metric) => spread switch
    {
        null => None,
        { Count: 1 } => Figure.Number(spread.Median, metric.Unit),
        _ => $"{Figure.Number(spread.Median, metric.Unit)} [{Figure.Number(spread.Low, metric.Unit)}, {Figure.Number(spread.High, metric.Unit)}]",
    };

    public static string LabelOf(this CampaignResults campaign, string cell) =>
        campaign.Plan.Cells.FirstOrDefault(known => known.Id == cell) is { } known ? campaign.Plan.LabelOf(known.Values) : cell;

    /// <summary>The part of the machine's time that the hypervisor took during a run.</summary>
    public static double StealShare(this CampaignResults campaign, RunRow run) =>
        run.MeasuredSeconds > 0 ? (run.StealSeconds ?? 0) / (run.MeasuredSeconds * campaign.Machine.AllCores) : 0;
}
