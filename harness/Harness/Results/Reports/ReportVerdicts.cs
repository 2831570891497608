using Harness.Charts;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>The part of the page that answers its question: what was expected, what came, by which figure.</summary>
internal sealed class ReportVerdicts(CampaignResults campaign, IReadOnlyList<CheckOutcome> outcomes, HtmlPage html)
{
    public void Write()
    {
        html.Section("verdicts", "Verdicts");
        if (outcomes.Count > 0) WriteOutcomes();
        WriteClaims();
        WriteExpected();
    }

    /// <summary>Without the claims: each expectation with the figure that decided it, and all of them in words.</summary>
    public void WriteFigures()
    {
        if (outcomes.Count > 0) WriteOutcomes();
        WriteExpected();
    }

    private void WriteExpected() =>
        html.Open("div", "card").Element("h3", "Expected before the run").Element("p", campaign.Plan.Expectation).Close("div");

    private void WriteOutcomes()
    {
        html.Element("p", Summary(), "summary").Open("ul", "checks");
        foreach (var outcome in outcomes)
        {
            var css = CssOf(outcome.Verdict);
            html.Open("li", css).Open("div", "claim").Element("span", outcome.VerdictText, "mark").Element("strong", outcome.Name).Close("div");
            if (outcome.Parts is { } parts) WriteFigure(outcome, parts);
            else html.Element("div", outcome.Figure, "figure");
            html.Close("li");
        }

        html.Close("ul");
    }

    private void WriteFigure(CheckOutcome outcome, CheckFigure parts)
    {
        html.Open("div", "figure").Element("span", parts.Text(parts.Value), "value");
        if (parts.High > parts.Low) html.Text(" ").Element("span", parts.IntervalText, "interval");
        html.Close("div").Raw(Gauge.Svg(parts, outcome.Verdict, $"{parts.Text(parts.Value)}, expected {parts.LimitText}"))
            .Element("div", $"expected {parts.LimitText} · {parts.Interval} · {parts.What}{Holes(outcome)}", "muted");
    }

    // Said by the judge behind the figure, where cells that should count have no sound run.
    private static string Holes(CheckOutcome outcome) =>
        outcome.Verdict == CheckVerdict.NotMeasured && outcome.Figure.LastIndexOf(';') is > 0 and var at ? " ·" + outcome.Figure[(at + 1)..] : "";

    private void WriteClaims()
    {
        foreach (var claim in campaign.Plan.Claims)
            html.Open("p", "quote").Element("strong", $"Claim {claim.Number} ").Text($"“{claim.Text}” ({claim.Source}): ")
                .Element("strong", claim.VerdictBy(outcomes)).Close("p");
    }

    private string Summary()
    {
        var counts = outcomes.GroupBy(outcome => outcome.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.First().VerdictText}");
        return $"Of {outcomes.Count} {(outcomes.Count == 1 ? "expectation" : "expectations")}: {string.Join(", ", counts)}.";
    }

    private static string CssOf(CheckVerdict verdict) => verdict switch { CheckVerdict.Met => "met", CheckVerdict.FellShort => "short", _ => "open" };
}
