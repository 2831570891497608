using Harness.Results;
using Harness.Statistics;
using Spectre.Console;

namespace Harness.Cli.Progress;

/// <summary>Two results side by side: what they differ in, then a line a figure.</summary>
internal static class ComparisonTable
{
    public static void Write(Surroundings surroundings, FolderComparison comparison, CampaignResults bases, CampaignResults these)
    {
        surroundings.Out.WriteLine($"{these.Folder.Path}\nagainst {bases.Folder.Path}");
        foreach (var difference in comparison.Differences) surroundings.Out.WriteLine(difference);
        foreach (var label in comparison.OnlyInBase) surroundings.Out.WriteLine($"only in the base: {label}");
        foreach (var label in comparison.OnlyInThese) surroundings.Out.WriteLine($"only here: {label}");

        var console = surroundings.CreateConsole();
        var table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Ascii);
        table.AddColumn("cell").AddColumn("metric");
        foreach (var header in (string[])["base", "here", "ratio", "runs"]) table.AddColumn(new TableColumn(header).RightAligned());
        table.AddColumn("what follows");
        foreach (var figure in comparison.Figures)
        {
            string[] row =
            [
                figure.Cell.These.Label, figure.Metric.Title, Median(figure.Cell.Base, figure.Metric), Median(figure.Cell.These, figure.Metric),
                figure.Outcome?.Figure(figure.Metric) ?? "-", figure.Outcome is { } outcome ? $"{outcome.Bases}, {outcome.These}" : "-", figure.VerdictText,
            ];
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        console.Write(table);
        surroundings.Out.WriteLine(
            "The two were measured one after the other, not in turn: what the machine did differently meanwhile is in the differences and in no interval.");
    }

    private static string Median(CellResults cell, Metric metric) =>
        cell.Spread(metric) is { } spread ? Figure.Text(spread.Median, metric.Unit) : "-";
}
