using System.CommandLine;
using Harness.Checking;

namespace Harness.Cli.Commands;

/// <summary><c>testbed check-history</c>: checks a recorded history and shows what it found.</summary>
internal static class CheckHistoryCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "The history (.jsonl) that a run with load.history recorded." };
        var command = new Command("check-history", "Checks a history of sends and reads. Exits with 0 when it is proven sound, 1 when it is not.") { file };
        command.SetAction((parsed, _) => Task.FromResult(Check(parsed.GetValue(file)!, surroundings)));
        return command;
    }

    private static int Check(string path, Surroundings surroundings)
    {
        var checker = new HistoryChecker();
        try
        {
            HistoryFile.Read(path, checker);
        }
        catch (Exception problem) when (problem is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{path} is no history: {problem.Message}");
        }

        var verdict = checker.Conclude();
        Show(verdict, surroundings.Out);
        return verdict.IsProven ? ExitCode.Success : ExitCode.Failed;
    }

    private static void Show(HistoryVerdict verdict, TextWriter output)
    {
        output.WriteLine($"{verdict.Acked:N0} values acknowledged, {verdict.Failed:N0} refused, {verdict.Indeterminate:N0} indeterminate, {verdict.IndeterminateRead:N0} of them stored; {verdict.Read:N0} read");
        foreach (var (name, count, meaning) in verdict.Anomalies) output.WriteLine($"  {name,-21} {count,12:N0}  {meaning}");
        output.WriteLine($"  {"unseen",-21} {verdict.Unseen,12:N0}  acknowledged, and not reached by the final reading");
        foreach (var text in verdict.Evidence) output.WriteLine(text);
        output.WriteLine(verdict.IsProven ? "proven: nothing acknowledged was lost, nothing else was seen" : verdict.IsSound ? "not proven: no rule was seen broken, but not everything was read" : "broken");
    }
}
