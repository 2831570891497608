using System.CommandLine;
using System.Globalization;
using Harness.Nodes;

namespace Harness.Cli.Commands;

/// <summary><c>testbed simulate</c>: the engine's rules under seeded networks, disks and faults; ends with the first law that is broken.</summary>
internal static class SimulateCommand
{
    private const int SeedsDefault = 3000;

    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    public static Command Create(Surroundings surroundings)
    {
        var seeds = SharedOptions.Number("--seeds", 1, $"How many schedules, one a seed. [{SeedsDefault}]");
        var from = new Option<ulong>("--from") { Description = "The first seed. [0]", HelpName = "SEED" };
        var scenario = new Option<string?>("--scenario") { Description = "The kind of cluster and of faults; without it they take turns.", HelpName = "NAME" };
        var spare = new Option<string?>("--spare") { Description = "Faults that do not come, counted from 0: what a broken law is shrunk to.", HelpName = "N,N" };
        var trace = new Option<bool>("--trace") { Description = "Prints every event." };
        var command = new Command("simulate", "Runs the replication rules under simulated faults and checks every law after every event.") { seeds, from, scenario, spare, trace };
        command.SetAction((parsed, stop) =>
        {
            List<string> arguments =
            [
                "--stop-with-stdin", "--seeds", Text(parsed.GetValue(seeds) ?? SeedsDefault), "--from", parsed.GetValue(from).ToString(CultureInfo.InvariantCulture),
            ];
            if (parsed.GetValue(scenario) is { } name) arguments.AddRange(["--scenario", name]);
            if (parsed.GetValue(spare) is { } numbers) arguments.AddRange(["--spare", numbers]);
            if (parsed.GetValue(trace)) arguments.Add("--trace");
            return Run(arguments, surroundings, stop);
        });
        return command;
    }

    private static async Task<int> Run(List<string> arguments, Surroundings surroundings, CancellationToken stop)
    {
        var simulation = Checkout.SimulationAssembly;
        var log = Path.GetTempFileName(); // Only for what it says when it refuses; all else is shown.
        try
        {
            await using var process = NodeProcess.Start(new NodeCommand("the simulation", DotNetHost.Path, [simulation, .. arguments], log), line =>
            {
                surroundings.Out.WriteLine(line);
                return true;
            });
            try
            {
                await process.Exited.WaitAsync(stop);
            }
            catch (OperationCanceledException)
            {
                await process.Stop(StopDeadline);
                throw;
            }

            return process.ExitCode switch
            {
                ExitCode.Success => ExitCode.Success,
                ExitCode.Failed => ExitCode.Failed,
                ExitCode.Usage => throw new CommandException(process.LogTail),
                var other => throw new NodeFailedException($"the simulation ended with exit code {other}: {process.LogTail}"),
            };
        }
        finally
        {
            File.Delete(log);
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
