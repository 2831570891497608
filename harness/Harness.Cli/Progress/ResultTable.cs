using System.Globalization;
using Harness.Results;
using Harness.Statistics;
using Spectre.Console;

namespace Harness.Cli.Progress;

/// <summary>A finished campaign in a few lines: medians over the sound runs of each cell, and how the expectations came out.</summary>
internal static class ResultTable
{
    private static readonly (string Header, Metric Metric, string Format)[] Columns =
    [
        ("records/s", Metric.Achieved, "N0"), ("ops/s", Metric.Operations, "N0"), ("MB/s", Metric.Throughput, "N0"), ("p50 ms", Metric.P50, "0.00"), ("p99 ms", Metric.P99, "0.00"),
        ("CPU s/GB", Metric.CpuPerGb, "0.000"), ("broker cores", Metric.BrokerCores, "0.00"), ("all cores", Metric.TotalCores, "0.00"),
    ];

    public static void Write(IAnsiConsole console, CampaignResults campaign)
    {
        var table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Ascii);
        table.AddColumn("cell").AddColumn(new TableColumn("runs").RightAligned());
        foreach (var (header, _, _) in Columns) table.AddColumn(new TableColumn(header).RightAligned());

        foreach (var cell in campaign.Cells)
        {
            var runs = cell.SoundRuns.Count == cell.Runs.Count ? $"{cell.Runs.Count}" : $"{cell.SoundRuns.Count} of {cell.Runs.Count}";
            table.AddRow([Markup.Escape(cell.Label), runs, .. Columns.Select(column => Text(cell, column.Metric, column.Format))]);
        }

        console.Write(table);
        foreach (var outcome in campaign.Outcomes) console.WriteLine($"{outcome.VerdictText}: {outcome.Name} ({outcome.Figure})");
        foreach (var claim in campaign.Plan.Claims) console.WriteLine($"claim {claim.Number}: {claim.Text} ({claim.Source}): {claim.VerdictBy(campaign.Outcomes)}");
    }

    private static string Text(CellResults cell, Metric metric, string format) =>
        cell.Spread(metric)?.Median.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
