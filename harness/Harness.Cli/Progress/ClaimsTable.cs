using System.Globalization;
using Harness.Results;
using Harness.Results.Claims;
using Spectre.Console;

namespace Harness.Cli.Progress;

/// <summary>A campaign over all claims for people: what it will take, and what became of each claim.</summary>
internal static class ClaimsTable
{
    /// <summary>What is to be measured, and how long that may take.</summary>
    public static void WriteEstimate(Surroundings surroundings, ClaimsSummary summary)
    {
        var open = summary.Experiments.Where(experiment => experiment.Progress != ClaimsProgress.Measured).ToList();
        foreach (var experiment in open)
            surroundings.Out.WriteLine($"  {experiment.Id,-4} {Time(experiment.ExpectedSeconds),9}  {experiment.Title}{(experiment.Progress == ClaimsProgress.Failed ? ": " + RunLine.FirstLine(experiment.Reason) : "")}");
        surroundings.Out.WriteLine($"profile {summary.Profile}: {open.Count} experiments, about {Time(open.Sum(experiment => experiment.ExpectedSeconds ?? 0))}");
    }

    /// <summary>A finished experiment in a line, and a line for each claim that it decides.</summary>
    public static void WriteExperiment(Surroundings surroundings, ClaimsSummary summary, ClaimsExperiment experiment)
    {
        var unsound = experiment.UnsoundRuns > 0 ? $", {experiment.UnsoundRuns} of them failed" : "";
        var what = experiment.Progress == ClaimsProgress.Failed ? "FAILED: " + experiment.Reason : $"{experiment.Runs} runs in {Time(experiment.Seconds)}{unsound}";
        surroundings.Out.WriteLine($"{experiment.Id}: {what}");
        foreach (var answer in summary.Claims.Where(answer => answer.Experiment == experiment.Id))
            surroundings.Out.WriteLine($"  claim {answer.Number}: {answer.Text}: {Claim.InWords(answer.Verdict)}{(answer.Why.Length > 0 ? $" ({answer.Why})" : "")}");
    }

    /// <summary>All claims.</summary>
    public static void Write(Surroundings surroundings, ClaimsSummary summary)
    {
        var console = surroundings.CreateConsole();
        var table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Ascii);
        table.AddColumn(new TableColumn("#").RightAligned()).AddColumn("claim").AddColumn("verdict").AddColumn("figure, or why there is none").AddColumn("result");
        foreach (var answer in summary.Claims)
        {
            var figure = answer.Verdict == ClaimVerdict.NotDecided ? answer.Why : $"{answer.Check}: {answer.Figure}";
            var result = answer.Folder is { } folder ? folder.Replace("../", "", StringComparison.Ordinal) : answer.Experiment ?? "";
            string[] row = [answer.Number.ToString(CultureInfo.InvariantCulture), answer.Text, Word(answer.Verdict), figure, result];
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        console.Write(table);
        var counts = summary.Claims.GroupBy(answer => answer.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {Word(group.Key)}");
        surroundings.Out.WriteLine($"{string.Join(", ", counts)}; profile {summary.Profile}{(summary.Profile == Plans.Profile.Quick.Name ? ": a first look, with wide intervals" : "")}");
    }

    private static string Word(ClaimVerdict verdict) => verdict switch { ClaimVerdict.Stands => "stands", ClaimVerdict.Refuted => "refuted", _ => "not decided" };

    private static string Time(double? seconds) => seconds is { } known
        ? TimeSpan.FromSeconds(Math.Round(known)).ToString(known >= 3600 ? @"h\:mm\:ss" : @"m\:ss", CultureInfo.InvariantCulture) + (known >= 3600 ? " h" : " min")
        : "?";
}
