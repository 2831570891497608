using Harness.Results;
using Harness.Results.Reports;

namespace Harness.Publishing;

/// <summary>A claim with its verdict, its source and what would refute it, as an item of a list.</summary>
internal static class ClaimCard
{
    /// <param name="linked">Whether it names and links the experiments that answer it.</param>
    public static void Write(HtmlPage html, ClaimStanding standing, bool linked)
    {
        var claim = standing.Claim;
        html.Open("li", standing.Answer.Verdict switch { ClaimVerdict.Refuted => "short", ClaimVerdict.Stands => "met", _ => "open" })
            .Open("div").Element("span", standing.Verdict, "badge").Element("span", $"claim {claim.Number}", "kicker").Close("div")
            .Element("p", claim.Text, "says")
            .Element("p", $"Source: {claim.Source}. Refuted if {claim.RefutedBy}.", "muted");
        if (standing.Reason.Length > 0) html.Element("p", standing.Reason, "reason");
        if (linked)
            foreach (var experiment in standing.Experiments)
                html.Raw($"<p><a href=\"{experiment.Stem}.html\">").Text($"{experiment.Experiment.Id}: {experiment.Experiment.Title}").Raw("</a>")
                    .Text(experiment.WhatIsDifferent is { } difference ? $" ({difference})" : "").Raw("</p>\n");
        html.Close("li");
    }
}
