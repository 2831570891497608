using System.CommandLine;
using Experiments;
using Harness.Plans;

namespace Harness.Cli.Commands;

/// <summary><c>testbed list</c>: the experiments and their questions.</summary>
internal static class ListCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("list", "Lists the experiments.");
        command.SetAction(_ =>
        {
            foreach (var experiment in ExperimentCatalog.All) surroundings.Out.WriteLine($"{experiment.Id,-8}{experiment.Question}{ClaimsOf(experiment)}");
            return ExitCode.Success;
        });
        return command;
    }

    private static string ClaimsOf(Experiment experiment) => experiment.Claims.Count switch
    {
        0 => "",
        1 => $" [claim {experiment.Claims[0].Number}]",
        _ => $" [claims {string.Join(", ", experiment.Claims.Select(claim => claim.Number))}]",
    };
}
