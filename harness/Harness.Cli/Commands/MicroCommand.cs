using System.CommandLine;
using Harness.Measures;
using Harness.Nodes;
using Harness.Results;

namespace Harness.Cli.Commands;

/// <summary><c>testbed micro</c>: measures single hot paths and keeps what BenchmarkDotNet reports beside the machine's facts.</summary>
internal static class MicroCommand
{
    /// <summary>The folder under results, as an experiment's id is for campaigns.</summary>
    private const string ResultName = "micro";

    /// <summary>Where BenchmarkDotNet puts its reports below the folder it is given.</summary>
    private const string ReportsFolder = "results";

    /// <summary>An iteration in the middle of a system call ends soon; nothing of it needs saving.</summary>
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    public static Command Create(Surroundings surroundings)
    {
        var filter = new Option<string>("--filter")
        {
            Description = "The benchmarks to run, as a glob over their full names, such as *Append*.",
            HelpName = "GLOB",
            DefaultValueFactory = _ => "*",
        };
        var output = new Option<string?>("--out") { Description = "Where results go. [results in the checkout]", HelpName = "DIR" };
        var quick = new Option<bool>("--quick") { Description = "Three short iterations of each: a look, not a figure to quote." };
        var dry = new Option<bool>("--dry") { Description = "Calls each once and measures nothing.", Hidden = true };
        var command = new Command("micro", "Measures single hot paths (CRC, wire, batch, append, read, index, cache) against bare loops.") { filter, output, quick, dry };
        command.SetAction((parsed, stop) =>
        {
            List<string> arguments = ["--filter", parsed.GetValue(filter)!];
            if (parsed.GetValue(quick)) arguments.Add("--quick");
            if (parsed.GetValue(dry)) arguments.Add("--dry");
            return Run(arguments, parsed.GetValue(output) ?? Checkout.Results, surroundings, stop);
        });
        return command;
    }

    private static async Task<int> Run(List<string> arguments, string root, Surroundings surroundings, CancellationToken stop)
    {
        var micro = Checkout.MicroAssembly;
        // Benchmarks that write do so in the temporary folder.
        var machine = await MachineProbe.Observe(Path.GetTempPath(), Checkout.Root);
        var folder = MakeFolder(root, machine);
        var log = Path.Combine(folder, "log.txt");
        await using var process = NodeProcess.Start(new NodeCommand("the benchmarks", DotNetHost.Path, [micro, .. arguments, "--artifacts", folder], log), line =>
        {
            surroundings.Out.WriteLine(line);
            return false;
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

        if (process.ExitCode == ExitCode.Usage)
        {
            Directory.Delete(folder, recursive: true);
            throw new CommandException(process.LogTail);
        }

        var reports = Gather(folder);
        if (process.ExitCode != 0 || reports == 0)
        {
            await surroundings.Error.WriteLineAsync(reports == 0 ? $"nothing was measured: {log} says why." : $"a benchmark failed: {log} says why.");
            return ExitCode.Failed;
        }

        await surroundings.Out.WriteLineAsync($"{reports} reports: {folder}");
        return ExitCode.Success;
    }

    private static string MakeFolder(string root, MachineFacts machine)
    {
        try
        {
            var folder = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(root), ResultName, ResultFolder.NameOf(DateTimeOffset.UtcNow, machine))).FullName;
            ResultFolder.WriteMachine(folder, machine);
            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot make a result folder under {root}: {error.Message}");
        }
    }

    /// <summary>Puts the reports beside the machine's facts; the tool's own logs repeat what is in ours.</summary>
    /// <returns>How many benchmarks were reported on.</returns>
    private static int Gather(string folder)
    {
        var reports = Path.Combine(folder, ReportsFolder);
        if (!Directory.Exists(reports)) return 0;

        foreach (var file in Directory.GetFiles(reports)) File.Move(file, Path.Combine(folder, Path.GetFileName(file)));
        Directory.Delete(reports);
        foreach (var file in Directory.GetFiles(folder, "*.log")) File.Delete(file);
        return Directory.GetFiles(folder, "*.json").Length - 1;
    }
}
