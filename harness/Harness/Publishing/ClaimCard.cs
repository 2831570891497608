using Harness.Results.Reports;

namespace Harness.Publishing;

/// <summary>A claim with its verdict, its source and what would refute it, as an item of a list.</summary>
internal static class ClaimCard
{
    /// <summary>Whether it names and links the experiments that answer it.</summary>
    public static void Write(HtmlPage html, ClaimStanding standing, bool linked)
    {
        var claim = standing.Claim;
        html.Open("li", standing.IsRefuted ? "short" : standing.Stands ? "met" : "open")
            .Open("div").Element("span", standing.Verdict, "badge").Element("span", $"claim {claim.Number}", "kicker").Close("div")
            .Element("p", claim.Text, "says")
            .Element("p", $"Source: {claim.Source}. Refuted if {claim.RefutedBy}.", "muted");
        if (linked)
            foreach (var answer in standing.Answers)
                html.Raw($"<p><a href=\"{answer.Stem}.html\">").Text($"{answer.Experiment.Id}: {answer.Experiment.Title}").Raw("</a>")
                    .Text(answer.IsChanged ? " (changed settings, or cut off)" : "").Raw("</p>\n");
        html.Close("li");
    }
}
