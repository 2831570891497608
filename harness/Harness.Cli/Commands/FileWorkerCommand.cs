using System.CommandLine;
using Harness.Files;

namespace Harness.Cli.Commands;

/// <summary><c>testbed files</c>: what a run starts to go through files. One job on standard input, lines of JSON on standard output.</summary>
internal static class FileWorkerCommand
{
    public const string Name = "files";

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command(Name, "Goes through files as the job on standard input says.") { Hidden = true };
        command.SetAction((_, stop) => Task.FromResult(FileWorker.Run(surroundings.In, surroundings.Out, stop)));
        return command;
    }
}
