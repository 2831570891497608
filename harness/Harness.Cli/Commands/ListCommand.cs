using System.CommandLine;
using Experiments;

namespace Harness.Cli.Commands;

/// <summary><c>testbed list</c>: the experiments and their questions.</summary>
internal static class ListCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("list", "Lists the experiments.");
        command.SetAction(_ =>
        {
            foreach (var experiment in ExperimentCatalog.All) surroundings.Out.WriteLine($"{experiment.Id,-8}{experiment.Question}");
            return ExitCode.Success;
        });
        return command;
    }
}
