using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The part of the page that sets results beside what the machine can do by itself.</summary>
internal sealed class ReportCalibration(CampaignResults campaign, HtmlPage html)
{
    public void Write()
    {
        if (campaign.Folder.Calibration is not { } calibration) return;

        html.Section("limits", "Against the machine's limits")
            .Element("p", string.Create(CultureInfo.InvariantCulture,
                $"Measured for {calibration.Before.SecondsEach:0.##} s each while nothing else ran, before the first run and after the last; "
                + $"a change by more than {CampaignCalibration.DriftShare * 100:0} % is told above."), "muted")
            .Table(
                [("limit", false), ("before", true), ("after", true)],
                calibration.Before.Figures.Select(figure => ("", (IReadOnlyList<string>)[figure.Title, figure.Text, AfterOf(calibration, figure)])));
        foreach (var (name, reason) in calibration.Before.Missing) html.Element("p", $"Not measured: {name}: {reason}", "muted");

        var shares = LimitShare.Of(campaign);
        if (shares.Count == 0) return;

        var limits = shares.Select(share => (share.Name, share.What)).Distinct().ToList();
        html.Element("p", "What each cell moved, and the share of the limit (the middle of before and after) that it is.", "muted")
            .Table(
                [("cell", false), .. limits.Select(limit => (limit.What, true))],
                shares.GroupBy(share => share.Cell).Select(cell => ("", (IReadOnlyList<string>)
                    [cell.Key.Label, .. limits.Select(limit => ShareText(cell.FirstOrDefault(share => share.Name == limit.Name)))])));
    }

    private static string AfterOf(CampaignCalibration calibration, CalibrationFigure figure) =>
        calibration.After is not { } after ? "not reached" : after[figure.Name] is { } value ? Figure.Text(value, figure.Unit) : "not measured";

    private static string ShareText(LimitShare? share) => share is null
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{Figure.Text(share.MegabytesPerSecond, "MB/s")}, {share.Share * 100:0.#} %");
}
