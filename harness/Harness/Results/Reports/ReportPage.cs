using System.Globalization;
using Harness.Charts;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The page of one campaign: the question and how it was answered first, then charts, then everything needed to doubt them.</summary>
internal sealed class ReportPage(
    CampaignResults campaign, IReadOnlyList<CheckOutcome> outcomes, IReadOnlyList<ReportChart> charts, IReadOnlyList<string> chartProblems)
{
    private readonly HtmlPage _body = new();

    private ResultPlan Plan => campaign.Plan;

    public string ToHtml()
    {
        var runs = new ReportRuns(campaign, _body);
        new ReportVerdicts(campaign, outcomes, _body).Write();
        new ReportProblems(campaign, _body).Write(chartProblems);
        WriteCharts();
        runs.WriteCells();
        new ReportStatistics(campaign, _body).Write();
        new ReportCalibration(campaign, _body).Write();
        runs.WriteRuns();
        runs.WriteFaults();
        new ReportSetup(campaign, _body).Write();

        var page = new HtmlPage();
        WriteHead(page);
        return page.Raw(_body.ToString()).ToDocument($"{Plan.Experiment} {Plan.Title}");
    }

    private void WriteHead(HtmlPage page)
    {
        var systems = string.Join(", ", campaign.Runs.Select(run => run.System).Distinct());
        var kicker = string.Create(CultureInfo.InvariantCulture, $"Experiment {Plan.Experiment} · {Plan.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC · {systems}");
        page.Open("header").Element("p", kicker, "kicker")
            .Element("h1", Plan.Title)
            .Element("p", Plan.Question, "question")
            .Facts(ReportFacts.Of(campaign))
            .Close("header").Open("nav");
        foreach (var (id, title) in _body.Sections) page.Raw($"<a href=\"#{id}\">").Text(title).Raw("</a> ");
        page.Close("nav");
    }

    private void WriteCharts()
    {
        if (charts.Count == 0) return;

        _body.Section("charts", "Charts").Element("p", "Point at a bar, a dot or a line for its values."
            + (charts.Any(chart => chart.Png is null) ? $" There are {PngPictures.WhatIsMissing}." : ""), "muted hint");
        foreach (var drawn in charts)
        {
            ChartFigure.Write(_body, drawn.Chart, drawn.Svg);
            _body.Raw($"<p class=\"hint muted\"><a href=\"{drawn.File}\">as a picture</a>{(drawn.Png is { } png ? $", <a href=\"{png}\">as PNG</a>" : "")}</p>\n");
        }
    }
}
