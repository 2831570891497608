using System.Globalization;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The page of one campaign: the question and how it was answered first, then charts, then everything needed to doubt them.</summary>
internal sealed class ReportPage(
    CampaignResults campaign, IReadOnlyList<CheckOutcome> outcomes, IReadOnlyList<ReportChart> charts, IReadOnlyList<string> chartProblems)
{
    // Above this share of the machine's time a run was not alone.
    private const double StealShareNoted = 0.02;

    private readonly HtmlPage _body = new();

    private ResultPlan Plan => campaign.Plan;

    private MachineFacts Machine => campaign.Machine;

    public string ToHtml()
    {
        var runs = new ReportRuns(campaign, _body);
        new ReportVerdicts(campaign, outcomes, _body).Write();
        WriteWrong();
        WriteCaveats();
        WriteCharts();
        runs.WriteCells();
        new ReportStatistics(campaign, _body).Write();
        new ReportCalibration(campaign, _body).Write();
        runs.WriteRuns();
        runs.WriteFaults();
        new ReportSetup(campaign, _body).Write();

        // The policy lets nothing in from anywhere: no script, no network, whatever a name in the data tries.
        var page = new HtmlPage().Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
            .Element("title", $"{Plan.Experiment} {Plan.Title}").Raw("\n<style>\n").Raw(ReportStyle.Css).Raw("\n</style>\n</head>\n<body>\n");
        WriteHead(page);
        return page.Raw(_body.ToString()).Raw("</body>\n</html>\n").ToString();
    }

    private void WriteHead(HtmlPage page)
    {
        var systems = string.Join(", ", campaign.Runs.Select(run => run.System).Distinct());
        var kicker = string.Create(CultureInfo.InvariantCulture, $"Experiment {Plan.Experiment} · {Plan.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC · {systems}");
        page.Open("header").Element("p", kicker, "kicker")
            .Element("h1", Plan.Title)
            .Element("p", Plan.Question, "question")
            .Facts(
            [
                ("Machine", Machine.Summary()),
                ("Durability", string.Join("; ", campaign.Runs.Select(run => run.Durability).Distinct())),
                ("Varied", string.Join("; ", Plan.Axes.Select(axis => $"{axis.Name}: {string.Join(", ", axis.Values.Select(value => Named(axis, value)))}"))),
                .. (Plan.Saturation?.Found ?? []).Select(found => ("Found", Plan.InWords(found))),
                ("Runs", RunsInWords()),
            ])
            .Close("header").Open("nav");
        foreach (var (id, title) in _body.Sections) page.Raw($"<a href=\"#{id}\">").Text(title).Raw("</a> ");
        page.Close("nav");
    }

    // A value that is called something else everywhere below is spelt out once.
    private static string Named(AxisFacts axis, string value) =>
        axis.Labels.ContainsKey(value) ? $"{axis.TextOf(value)} = {value}" : axis.TextOf(value);

    private string RunsInWords()
    {
        var planned = Plan.Cells.Count * Plan.Schedule.Repeats;
        var unsound = campaign.Runs.Count(run => !run.Sound);
        var (most, upTo) = Plan.Schedule.BudgetSeconds is null ? ("most", "up to") : ("least", "from");
        return string.Create(CultureInfo.InvariantCulture,
            $"{campaign.Runs.Count} of at {most} {planned} ({Plan.Cells.Count} cells, {upTo} {Plan.Schedule.Repeats} repeats), {unsound} unsound; "
            + $"{Plan.Schedule.MeasureSeconds:0.#} s measured after {Plan.Schedule.WarmupSeconds:0.#} s of warm-up; {Plan.Schedule.Order}")
            + (Plan.RepeatsEnded is { } ended ? "; " + ended : "");
    }

    private void WriteWrong()
    {
        var wrong = new List<string>();
        if (Plan.Finished is null) wrong.Add("The campaign was cut off: what is below is what had been measured by then.");
        wrong.AddRange(campaign.Runs.Where(run => !run.Sound).Select(run => $"FAILED: {LabelOf(run)}, repeat {run.Repeat}: {run.Reason}"));
        wrong.AddRange(campaign.Runs.Where(run => campaign.StealShare(run) > StealShareNoted).Select(run => string.Create(CultureInfo.InvariantCulture,
            $"Disturbed: the hypervisor took {campaign.StealShare(run) * 100:0.#} % of the machine during {LabelOf(run)}, repeat {run.Repeat}.")));
        wrong.AddRange(campaign.Runs.Where(run => run.Stationary == false)
            .Select(run => $"Drifted while it was measured: {LabelOf(run)}, repeat {run.Repeat}: {run.Drift}."));
        wrong.AddRange(campaign.Runs.Where(run => run.LimitWarning.Length > 0)
            .Select(run => $"{LabelOf(run)}, repeat {run.Repeat}: {run.LimitWarning}."));
        wrong.AddRange((campaign.Folder.Calibration?.Drifts ?? []).Select(drift => $"The machine changed: {drift}."));
        if (Machine.GitDirty) wrong.Add($"The measured code is not commit {Machine.GitSha}: the working tree had changes.");
        wrong.AddRange(chartProblems);
        if (wrong.Count == 0) return;

        _body.Open("section", "wrong").Section("wrong", "What went wrong").Open("ul");
        foreach (var line in wrong) _body.Element("li", line);
        _body.Close("ul").Element("p", "Unsound runs are in the table of runs and in no statistic or chart.", "muted").Close("section");
    }

    private void WriteCaveats()
    {
        if (Plan.Caveats.Count == 0) return;

        _body.Element("h3", "Read this with the numbers").Open("ul");
        foreach (var caveat in Plan.Caveats) _body.Element("li", caveat);
        _body.Close("ul");
    }

    private void WriteCharts()
    {
        if (charts.Count == 0) return;

        _body.Section("charts", "Charts").Element("p", "Point at a bar, a dot or a line for its values.", "muted hint");
        foreach (var (chart, svg, file) in charts)
        {
            _body.Open("figure").Element("h3", chart.Title).Raw("<div class=\"plot\" tabindex=\"0\">").Raw(svg).Close("div").Open("figcaption");
            foreach (var line in chart.Caption) _body.Element("p", line);
            _body.Raw($"<p class=\"hint\"><a href=\"{file}\">").Text("as a picture").Raw("</a></p>").Close("figcaption").Close("figure");
        }
    }

    private string LabelOf(RunRow run) => campaign.LabelOf(run.Cell);
}
