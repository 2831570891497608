using System.Globalization;
using System.Text;
using Harness.Results;
using Harness.Results.Reports;
using Harness.Statistics;

namespace Harness.Notebooks;

/// <summary>The parts of a result that every notebook shows, as Markdown.</summary>
internal static class CampaignTables
{
    private const string None = "–";

    public static string Measured(CampaignResults campaign)
    {
        var plan = campaign.Plan;
        var durability = campaign.Runs.Select(run => run.Durability).Distinct().ToList();
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            | | |
            | --- | --- |
            | measured | {plan.Started.UtcDateTime:yyyy-MM-dd HH:mm} UTC at commit {Commit(campaign.Machine)} |
            | on | {campaign.Machine.Summary()} |
            | durability | {(durability.Count == 0 ? "nothing was measured" : string.Join("; ", durability.Select(Escaped)))} |
            | runs | {RunsOf(campaign)} |

            """));
        if (plan.Overrides is { Count: > 0 } changed)
            text.Append($"| changed of the experiment | {string.Join(", ", changed.Select(change => $"`{change}`"))} |\n");
        if (plan.Finished is null) text.Append("| cut off | what is below is what had been measured by then |\n");
        return text.Append($"| again with | `{plan.Command}` |").ToString();
    }

    public static string Verdicts(CampaignResults campaign)
    {
        var outcomes = campaign.Outcomes;
        if (outcomes.Count == 0) return "The plan of this result has nothing that a program could judge.";

        var text = new StringBuilder("| verdict | expected | figure |\n| --- | --- | --- |\n");
        foreach (var outcome in outcomes) text.Append($"| {outcome.VerdictText} | {Escaped(outcome.Name)} | {Escaped(outcome.Figure)} |\n");
        foreach (var claim in campaign.Plan.Claims)
            text.Append($"\n**Claim {claim.Number}, “{claim.Text}” ({claim.Source}): {claim.VerdictBy(outcomes)}.**\n");
        return text.ToString();
    }

    public static string Caveats(CampaignResults campaign)
    {
        var lines = campaign.Plan.Caveats.Concat(ReportProblems.Of(campaign)).ToList();
        return lines.Count == 0 ? "Nothing went wrong while it was measured." : string.Join('\n', lines.Select(line => $"- {Escaped(line)}"));
    }

    public static string Cells(CampaignResults campaign, (string Axis, string Value)[] only, IReadOnlyList<Metric> metrics)
    {
        var cells = campaign.CellsOf(only);
        if (cells.Count == 0) return $"*This result has no cell {string.Join(" · ", only.Select(value => value.Value))}.*";

        string Columns(Func<Metric, string> text) => string.Concat(metrics.Select(metric => $" {text(metric)} |"));
        var table = new StringBuilder($"| | sound runs |{Columns(Title)}\n| --- | ---: |{Columns(_ => "---:")}\n");
        foreach (var cell in cells)
            table.Append($"| {Escaped(cell.Label)} | {cell.SoundRuns.Count} of {cell.Runs.Count} |{Columns(metric => Figure(cell, metric))}\n");
        return table.ToString();
    }

    public static string Against(CampaignResults campaign, Metric metric, string axis, string baseValue, (string Axis, string Value)[] only)
    {
        var pairs = from cell in campaign.CellsOf(only)
                    where !CampaignReading.IsAt(campaign, cell, axis, baseValue)
                    from other in campaign.CellsOf((axis, baseValue))
                    where other.Facts.Values.Count == cell.Facts.Values.Count
                    where cell.Facts.Values.All(value => value.Key == axis || other[value.Key] == value.Value)
                    select (Cell: cell, Other: other, Comparison: cell.Against(other, metric));
        var lines = pairs.Select(pair => pair.Comparison is { } comparison
            ? $"| {Escaped(pair.Cell.Label)} | {Escaped(pair.Other.Label)} | {comparison.Figure(metric)} | {comparison.VerdictText(metric)} |"
            : $"| {Escaped(pair.Cell.Label)} | {Escaped(pair.Other.Label)} | {None} | not known: no round has both |").ToList();
        return lines.Count == 0
            ? $"*Nothing to compare: this result has no two cells that differ in {axis} alone, one of them at {baseValue}.*"
            : $"| {metric.Title.ToLowerInvariant()} of | against | as many times | so it is |\n| --- | --- | ---: | --- |\n{string.Join('\n', lines)}\n";
    }

    private static string RunsOf(CampaignResults campaign)
    {
        var schedule = campaign.Plan.Schedule;
        return string.Create(CultureInfo.InvariantCulture,
            $"{campaign.Runs.Count} of {campaign.Cells.Count} cells, {campaign.Runs.Count(run => !run.Sound)} of them unsound; "
            + $"{schedule.MeasureSeconds:0.#} s measured after {schedule.WarmupSeconds:0.#} s of warm-up; {schedule.Order}");
    }

    private static string Figure(CellResults cell, Metric metric) => cell.Spread(metric) is not { } spread ? None
        : Results.Figure.Number(spread.Median, metric.Unit)
            + (spread.High > spread.Low ? $" [{Results.Figure.Number(spread.Low, metric.Unit)}, {Results.Figure.Number(spread.High, metric.Unit)}]" : "");

    private static string Title(Metric metric) => metric.Unit.Length == 0 ? metric.Title : $"{metric.Title} ({metric.Unit})";

    private static string Commit(MachineFacts machine) =>
        machine.GitSha.Length == 0 ? "unknown" : machine.GitSha[..Math.Min(10, machine.GitSha.Length)] + (machine.GitDirty ? " with changes" : "");

    // What begins a new cell in a table of Markdown, or emphasis in a name.
    private static string Escaped(string text) =>
        string.Concat(text.ReplaceLineEndings(" ").Select(c => c is '|' or '*' or '<' ? $"\\{c}" : c.ToString()));
}
