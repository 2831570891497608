using System.CommandLine;
using System.Runtime.InteropServices;
using Harness.Cli.Commands;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;

namespace Harness.Cli;

/// <summary>The <c>testbed</c> command: parses, carries out, and turns whatever went wrong into one clear line and an exit code.</summary>
internal static class CommandLine
{
    public static async Task<int> Run(IReadOnlyList<string> args, Surroundings surroundings)
    {
        var root = new RootCommand("Measures Kafka-compatible broker engines whose I/O strategies can be swapped.")
        {
            ListCommand.Create(surroundings),
            CheckCommand.Create(surroundings),
            RunCommand.Create(surroundings),
            CompareCommand.Create(surroundings),
            ReplayCommand.Create(surroundings),
            ResumeCommand.Create(surroundings),
            ReportCommand.Create(surroundings),
            SaturateCommand.Create(surroundings),
            CalibrateCommand.Create(surroundings),
            MicroCommand.Create(surroundings),
            SimulateCommand.Create(surroundings),
            UpCommand.Create(surroundings),
            NotebookCommand.Create(surroundings),
            PublishCommand.Create(surroundings),
            CheckHistoryCommand.Create(surroundings),
            WorkerCommand.Create(surroundings),
            FileWorkerCommand.Create(surroundings),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0) return Refuse(parsed, surroundings);

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            // Signals are taken above: the default handling would cut a clean stop off after two seconds.
            var configuration = new InvocationConfiguration
            {
                Output = surroundings.Out,
                Error = surroundings.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await parsed.InvokeAsync(configuration, stop.Token);
        }
        catch (Exception error) when (error is PlanException or CommandException or ResultException or NodeRefusedException)
        {
            await surroundings.Error.WriteLineAsync(error.Message);
            return ExitCode.Usage;
        }
        catch (Exception error) when (error is NodeFailedException or RunFailedException)
        {
            await surroundings.Error.WriteLineAsync(error.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }

        void Stop(PosixSignalContext context)
        {
            // The first asks; whoever asks twice does not want to wait. Nodes end with this process's end of their input.
            context.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    private static int Refuse(ParseResult parsed, Surroundings surroundings)
    {
        foreach (var error in parsed.Errors) surroundings.Error.WriteLine(error.Message);

        var path = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
        surroundings.Error.WriteLine($"testbed {path}--help says what there is.");
        return ExitCode.Usage;
    }
}
