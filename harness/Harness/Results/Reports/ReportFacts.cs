using System.Globalization;
using Harness.Charts;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>What stands at the head of a campaign's page: where, with what durability, what was varied, how often.</summary>
internal static class ReportFacts
{
    public static IReadOnlyList<(string Name, string Value)> Of(CampaignResults campaign)
    {
        var plan = campaign.Plan;
        return
        [
            ("Machine", campaign.Machine.Summary()),
            ("Durability", string.Join("; ", campaign.Runs.Select(run => run.Durability).Distinct())),
            .. ChartCaption.Encryption(campaign.Runs) is { } encryption ? [("Encryption", encryption)] : Array.Empty<(string, string)>(),
            ("Varied", string.Join("; ", plan.Axes.Select(axis => $"{axis.Name}: {string.Join(", ", axis.Values.Select(value => Named(axis, value)))}"))),
            .. (plan.Saturation?.Found ?? []).Select(found => ("Found", plan.InWords(found))),
            .. plan.Profile is { } profile ? [("Profile", profile)] : Array.Empty<(string, string)>(),
            ("Runs", RunsInWords(campaign)),
        ];
    }

    // A value that is called something else everywhere below is spelt out once.
    private static string Named(AxisFacts axis, string value) =>
        axis.Labels.ContainsKey(value) ? $"{axis.TextOf(value)} = {value}" : axis.TextOf(value);

    private static string RunsInWords(CampaignResults campaign)
    {
        var plan = campaign.Plan;
        var planned = plan.Cells.Count * plan.Schedule.Repeats;
        var unsound = campaign.Runs.Count(run => !run.Sound);
        var (most, upTo) = plan.Schedule.BudgetSeconds is null ? ("most", "up to") : ("least", "from");
        return string.Create(CultureInfo.InvariantCulture,
            $"{campaign.Runs.Count} of at {most} {planned} ({plan.Cells.Count} cells, {upTo} {plan.Schedule.Repeats} repeats), {unsound} unsound; "
            + $"{plan.Schedule.MeasureSeconds:0.#} s measured after {plan.Schedule.WarmupSeconds:0.#} s of warm-up; {plan.Schedule.Order}")
            + (plan.RepeatsEnded is { } ended ? "; " + ended : "");
    }
}
