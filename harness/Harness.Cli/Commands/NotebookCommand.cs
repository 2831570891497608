using System.CommandLine;
using Experiments;
using Harness.Notebooks;
using Harness.Results;

namespace Harness.Cli.Commands;

/// <summary><c>testbed notebook</c>: executes a notebook on a result and writes its outputs back.</summary>
internal static class NotebookCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var file = new Argument<string>("FILE") { Description = "The notebook (.ipynb, C# cells)." };
        var results = new Option<string?>("--results") { Description = "The result folder it reads. [the newest of the experiment its name begins with]", HelpName = "DIR" };
        var output = new Option<string?>("--out") { Description = "Where the notebook with its outputs goes. [the file itself]", HelpName = "FILE" };
        var command = new Command("notebook", "Executes a notebook on a result.") { file, results, output };
        command.SetAction(async (parsed, stop) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new CommandException($"there is no notebook {path}.");

            try
            {
                var result = await NotebookRunner.RunAsync(path, parsed.GetValue(results) ?? NewestFor(path), parsed.GetValue(output), surroundings.Out.Write, stop);
                if (result.Error is { } error) await surroundings.Error.WriteLineAsync(error);
                else await surroundings.Out.WriteLineAsync($"{result.CellsRun} cells ran: {result.OutputPath}");
                return result.ExitCode;
            }
            catch (NotebookException error)
            {
                throw new CommandException(error.Message);
            }
        });
        return command;
    }

    private static string NewestFor(string notebook)
    {
        var experiment = ExperimentCatalog.Find(Path.GetFileNameWithoutExtension(notebook).Split('_')[0]);
        return ResultFolder.Newest(Checkout.Results, experiment.Id)
            ?? throw new CommandException($"there is no result of {experiment.Id} under {Checkout.Results}: run it first, or name a folder with --results.");
    }
}
