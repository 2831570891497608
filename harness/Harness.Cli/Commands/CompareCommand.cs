using System.CommandLine;
using Harness.Cli.Progress;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Cli.Commands;

/// <summary><c>testbed compare</c>: one result against another, cell by cell.</summary>
internal static class CompareCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var bases = new Argument<string>("BASE") { Description = "The result folder that is compared with." };
        var these = new Argument<string>("FOLDER") { Description = "The result folder that is compared; ratios are its figures by those of BASE." };
        var metric = ComparisonOptions.Metric();
        var threshold = ComparisonOptions.Threshold();
        var confidence = ComparisonOptions.Confidence();
        var allow = new Option<string[]>("--allow")
        {
            Description = "Compares although this differs; figures across it mislead. Repeatable.",
            HelpName = "durability|machine",
            DefaultValueFactory = _ => [],
        };
        allow.AcceptOnlyFromAmong("durability", "machine");
        var json = new Option<string?>("--json") { Description = "Writes the comparison there as well.", HelpName = "FILE" };
        var command = new Command(
            "compare",
            "Compares two results. Exits with 0 when nothing got worse, 1 when something did, 2 when they cannot be compared, 3 when more repeats are "
            + "needed to tell.")
        { bases, these, metric, threshold, confidence, allow, json };
        command.SetAction(async (parsed, stop) =>
        {
            var rule = new ComparisonRule { Threshold = parsed.GetValue(threshold), Confidence = parsed.GetValue(confidence) };
            var (from, to) = (CampaignResults.Open(parsed.GetValue(bases)!), CampaignResults.Open(parsed.GetValue(these)!));
            var comparison = FolderComparison.Of(from, to, ComparisonOptions.Metrics(parsed.GetValue(metric)!), rule);
            if (Refusal(comparison, parsed.GetValue(allow)!) is { } refusal) throw new CommandException(refusal);

            ComparisonTable.Write(surroundings, comparison, from, to);
            if (parsed.GetValue(json) is { } file) await Write(file, ResultFolder.ToJson(FolderSummary.Of(comparison, from.Folder.Path)), stop);
            await surroundings.Out.WriteLineAsync(InWords(comparison));
            return ComparisonOptions.ExitCodeOf(comparison.Verdict);
        });
        return command;
    }

    private static string? Refusal(FolderComparison comparison, string[] allowed)
    {
        if (comparison.Cells.Count == 0)
            return "no cell of one has the settings of a cell of the other: "
                + $"{string.Join(", ", comparison.OnlyInBase)} against {string.Join(", ", comparison.OnlyInThese)}.";

        var refused = comparison.Differences.Where(difference => difference.Refuses && !allowed.Contains(difference.KindName)).ToList();
        if (refused.Count == 0) return null;

        var options = string.Join(' ', refused.Select(difference => $"--allow {difference.KindName}").Distinct());
        return $"{string.Join('\n', refused)}\nNot compared: figures across these mislead. {options} compares nevertheless.";
    }

    private static string InWords(FolderComparison comparison) => comparison.Verdict switch
    {
        FolderVerdict.Passed => "nothing got worse",
        FolderVerdict.Undecided => "undecided: nothing is surely worse, but not everything could be told; more repeats decide",
        _ => "worse: " + string.Join(", ", comparison.Figures.Where(figure => figure.IsWorse).Select(figure => $"{figure.Metric.Name} of {figure.Cell.These.Label}")
            .Concat(comparison.FailMore.Select(pair => $"runs of {pair.These.Label} that failed"))),
    };

    private static async Task Write(string file, string text, CancellationToken stop)
    {
        try
        {
            await File.WriteAllTextAsync(file, text, stop);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{file} cannot be written: {error.Message}");
        }
    }
}
