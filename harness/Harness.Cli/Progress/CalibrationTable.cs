using Harness.Results;
using Spectre.Console;

namespace Harness.Cli.Progress;

/// <summary>What the machine can do by itself, a line a limit.</summary>
internal static class CalibrationTable
{
    public static void Write(Surroundings surroundings, Calibration calibration)
    {
        var console = surroundings.CreateConsole();
        var table = new Table().Border(console.Profile.Capabilities.Ansi ? TableBorder.Rounded : TableBorder.Ascii);
        table.AddColumn("limit").AddColumn("what was done").AddColumn(new TableColumn("median of its slices").RightAligned());
        foreach (var figure in calibration.Figures) table.AddRow([figure.Name, Markup.Escape(figure.Title), figure.Text]);
        console.Write(table);
        foreach (var (name, reason) in calibration.Missing) surroundings.Error.WriteLine($"{name} was not measured: {reason}");
    }

    /// <summary>The limits beside a campaign in one line, and what moved meanwhile in one each.</summary>
    public static void Write(Surroundings surroundings, CampaignCalibration calibration)
    {
        surroundings.Out.WriteLine("the machine's limits: " + string.Join(", ", calibration.Before.Figures.Select(figure =>
            $"{figure.Name} {Figure.Text(calibration.Limit(figure.Name)!.Value, figure.Unit)}")));
        foreach (var drift in calibration.Drifts) surroundings.Error.WriteLine($"the machine changed: {drift}");
    }
}
