using System.CommandLine;
using Harness.Load;

namespace Harness.Cli.Commands;

/// <summary><c>testbed worker</c>: what a run starts beside the cluster. One job on standard input, lines of JSON on standard output.</summary>
internal static class WorkerCommand
{
    public const string Name = "worker";

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(Name, "Drives load as the job on standard input says.") { Hidden = true };
        command.SetAction((_, stop) => Task.FromResult(LoadWorker.Run(surroundings.In, surroundings.Out, stop)));
        return command;
    }
}
