using System.Globalization;
using Harness.Results.Reports;

namespace Harness.Publishing;

/// <summary>The first page: every claim with its verdict, then every experiment.</summary>
internal sealed class IndexPage(IReadOnlyList<ClaimStanding> claims, IReadOnlyList<PublishedExperiment> experiments)
{
    private readonly HtmlPage _html = new();

    public string ToHtml()
    {
        _html.Open("header").Element("p", "Testbed", "kicker").Element("h1", "What is said of logs, and what came out")
            .Element("p", "Sentences about message brokers that are repeated everywhere, each turned into an experiment that can refute it.", "question")
            .Element("p", Summary(), "summary").Facts([("Measured on", Machines())]).Close("header");
        _html.Raw("<nav><a href=\"#claims\">Claims</a> <a href=\"#experiments\">Experiments</a></nav>\n");
        _html.Section("claims", "The claims").Open("ul", "checks");
        foreach (var claim in claims) ClaimCard.Write(_html, claim, linked: true);
        _html.Close("ul");
        WriteExperiments();
        return _html.ToDocument("Testbed: claims about logs, answered", SiteStyle.Css);
    }

    private string Summary()
    {
        var verdicts = claims.GroupBy(claim => claim.Verdict).OrderBy(group => group.First().Answer.Verdict).ThenByDescending(group => group.Count());
        var counted = verdicts.Select(group => $"{group.Count()} {(group.Key == "stands" && group.Count() > 1 ? "stand" : group.Key)}");
        return $"Of {claims.Count} claims: {string.Join(", ", counted)}. A verdict is about the machine it was measured on.";
    }

    private string Machines() => string.Join("; ", experiments.Select(experiment => experiment.Campaign?.Machine.Summary()).OfType<string>().Distinct());

    private void WriteExperiments()
    {
        _html.Section("experiments", "The experiments").Open("ul", "checks");
        foreach (var published in experiments)
        {
            var experiment = published.Experiment;
            _html.Open("li").Raw($"<p class=\"says\"><a href=\"{published.Stem}.html\">").Text($"{experiment.Id}: {experiment.Title}").Raw("</a></p>\n")
                .Element("p", experiment.Question)
                .Element("p", published.InShort() + (published.Campaign is { } campaign
                    ? string.Create(CultureInfo.InvariantCulture, $" · measured {campaign.Plan.Started.UtcDateTime:yyyy-MM-dd}") : "")
                    + (published.WhatIsDifferent is { } difference ? $" · {difference}" : ""), "muted")
                .Close("li");
        }

        _html.Close("ul");
    }
}
