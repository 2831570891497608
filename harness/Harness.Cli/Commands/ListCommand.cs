using System.CommandLine;
using Experiments;
using Harness.Plans;

namespace Harness.Cli.Commands;

/// <summary><c>testbed list</c>: the experiments and their questions.</summary>
internal static class ListCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var workloads = new Command("workloads", "Lists the workloads by name, for --set workload=NAME.");
        workloads.SetAction(_ =>
        {
            foreach (var workload in Workload.All) surroundings.Out.WriteLine($"{workload.Name,-22}{workload.Summary}\n{"",-22}{string.Join(' ', workload.Settings)}");
            return ExitCode.Success;
        });
        var command = new Command("list", "Lists the experiments.") { workloads };
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
