using System.CommandLine;
using Harness.Charts;
using Harness.Results;
using Harness.Results.Reports;

namespace Harness.Cli.Commands;

/// <summary><c>testbed report</c>: judges and draws a result anew, whole or not.</summary>
internal static class ReportCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var folder = new Argument<string>("FOLDER") { Description = "The result folder; nothing that was measured is changed." };
        var renderer = new Option<string>("--renderer")
        {
            Description = "What draws the pictures in charts/.", HelpName = "NAME", DefaultValueFactory = _ => "svg",
        };
        var command = new Command("report", "Writes charts, summary and report of a result again, also of a campaign that was killed before it could.")
        {
            folder, renderer,
        };
        command.SetAction(parsed =>
        {
            var drawing = ChartRenderers.Find(parsed.GetValue(renderer)!);
            var result = ResultFolder.Open(parsed.GetValue(folder)!);
            using var writing = result.TakeForWriting();
            surroundings.Out.WriteLine(ReportBuilder.Write(result, drawing));
            return ExitCode.Success;
        });
        return command;
    }
}
