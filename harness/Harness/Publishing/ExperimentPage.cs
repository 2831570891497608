using Harness.Notebooks;
using Harness.Results.Reports;
using Harness.Statistics;

namespace Harness.Publishing;

/// <summary>The page of one experiment: its claims with their verdicts, then its notebook, then how to do it again.</summary>
internal sealed class ExperimentPage(PublishedExperiment published, IReadOnlyList<ClaimStanding> claims, Notebook? notebook, IReadOnlyList<string> others)
{
    private readonly HtmlPage _html = new();

    public string ToHtml()
    {
        var experiment = published.Experiment;
        _html.Raw("<p class=\"back\"><a href=\"index.html\">All claims and experiments</a></p>\n").Open("header")
            .Element("p", $"Experiment {experiment.Id}", "kicker").Element("h1", experiment.Title).Element("p", experiment.Question, "question");
        WriteClaims();
        _html.Close("header");
        if (published.Campaign is null) WriteCard("Not measured yet", "There is no result of this experiment; its expectation was written down before any.");
        if (published.WhatIsDifferent is { } difference)
            _html.Open("div", "wrong").Element("p", $"This result is not of the experiment as it stands: {difference}.").Close("div");

        if (notebook is not null) new NotebookHtml(published.Campaign, _html).Write(notebook);
        if (published.Campaign is null) WriteCard("Expected", experiment.Expectation.Text);
        WriteAgain();
        return _html.ToDocument($"{experiment.Id} {experiment.Title}", SiteStyle.Css);
    }

    private void WriteCard(string title, string text) => _html.Open("div", "card").Element("h3", title).Element("p", text).Close("div");

    private void WriteClaims()
    {
        if (claims.Count == 0) return;

        _html.Open("ul", "checks");
        foreach (var standing in claims) ClaimCard.Write(_html, standing, linked: false);
        _html.Close("ul");
    }

    private void WriteAgain()
    {
        _html.Section("again", "Do it again").Open("pre");
        if (published.Campaign is not { } campaign)
        {
            _html.Text($"dotnet run -c Release --project harness/Harness.Cli -- run {published.Experiment.Id}").Close("pre");
            return;
        }

        _html.Text($"git checkout {campaign.Machine.GitSha}\n{campaign.Plan.Command}").Close("pre");
        WriteFiles(campaign);
        if (others.Count > 0) _html.Element("p", $"Other results of it: {string.Join(", ", others)}.", "muted");
    }

    // A campaign that was killed has no report yet, and its site no dead link.
    private void WriteFiles(CampaignResults campaign)
    {
        var folder = $"results/{published.Experiment.Id}/{published.ResultName}/";
        (string File, string Is)[] files =
        [
            ("report.html", "the full report: every run, every comparison, and the configuration that each node reported"),
            ("plan.json", "what was asked"), ("machine.json", "where"), ("runs.csv", "a row for each run"), ("cells.csv", "a row for each cell and metric"),
        ];
        _html.Open("ul");
        foreach (var (file, what) in files.Where(listed => File.Exists(Path.Combine(campaign.Folder.Path, listed.File))))
            _html.Raw($"<li><a href=\"{folder}{file}\">{file}</a>").Text($", {what}").Raw("</li>\n");
        _html.Close("ul");
    }
}
