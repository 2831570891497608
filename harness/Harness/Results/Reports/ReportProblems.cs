using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>What went wrong in a campaign, and what a reader must know to judge its numbers.</summary>
internal sealed class ReportProblems(CampaignResults campaign, HtmlPage html)
{
    // Above this share of the machine's time a run was not alone.
    private const double StealShareNoted = 0.02;

    /// <summary>Writes both; <paramref name="others"/> are problems beside those of the measuring.</summary>
    public void Write(IEnumerable<string> others)
    {
        List<string> wrong = [.. Of(campaign), .. others];
        if (wrong.Count > 0)
        {
            html.Open("section", "wrong").Section("wrong", "What went wrong").Open("ul");
            foreach (var line in wrong) html.Element("li", line);
            html.Close("ul").Element("p", "Unsound runs are in the table of runs and in no statistic or chart.", "muted").Close("section");
        }

        if (campaign.Plan.Caveats.Count == 0) return;

        html.Element("h3", "Read this with the numbers").Open("ul");
        foreach (var caveat in campaign.Plan.Caveats) html.Element("li", caveat);
        html.Close("ul");
    }

    /// <summary>A sentence for each thing that went wrong while it was measured.</summary>
    public static IReadOnlyList<string> Of(CampaignResults campaign)
    {
        var wrong = new List<string>();
        if (campaign.Plan.Finished is null) wrong.Add("The campaign was cut off: what is below is what had been measured by then.");
        wrong.AddRange(campaign.Runs.Where(run => !run.Sound).Select(run => $"FAILED: {campaign.LabelOf(run.Cell)}, repeat {run.Repeat}: {run.Reason}"));
        wrong.AddRange(campaign.Runs.Where(run => campaign.StealShare(run) > StealShareNoted).Select(run => string.Create(CultureInfo.InvariantCulture,
            $"Disturbed: the hypervisor took {campaign.StealShare(run) * 100:0.#} % of the machine during {campaign.LabelOf(run.Cell)}, repeat {run.Repeat}.")));
        wrong.AddRange(campaign.Runs.Where(run => run.Stationary == false)
            .Select(run => $"Drifted while it was measured: {campaign.LabelOf(run.Cell)}, repeat {run.Repeat}: {run.Drift}."));
        wrong.AddRange(campaign.Runs.Where(run => run.LimitWarning.Length > 0)
            .Select(run => $"{campaign.LabelOf(run.Cell)}, repeat {run.Repeat}: {run.LimitWarning}."));
        wrong.AddRange((campaign.Folder.Calibration?.Drifts ?? []).Select(drift => $"The machine changed: {drift}."));
        if (campaign.Machine.GitDirty) wrong.Add($"The measured code is not commit {campaign.Machine.GitSha}: the working tree had changes.");
        return wrong;
    }
}
