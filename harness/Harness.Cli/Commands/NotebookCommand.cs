using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Experiments;
using Harness.Notebooks;
using Harness.Results;

namespace Harness.Cli.Commands;

/// <summary><c>testbed notebook run</c>: executes notebooks on results, in this process, and writes their outputs back.</summary>
internal static class NotebookCommand
{
    private const string All = "all";

    public static Command Create(Surroundings surroundings)
    {
        var run = Running("run", "Executes notebooks and writes their outputs into them.", surroundings);
        // The short form: `testbed notebook E03`.
        var command = Running("notebook", "Executes notebooks on results.", surroundings);
        command.Add(run);
        return command;
    }

    private static Command Running(string name, string description, Surroundings surroundings)
    {
        var names = new Argument<string[]>("NAME")
        {
            Arity = ArgumentArity.ZeroOrMore,
            Description = "A notebook's file (.ipynb, C# cells), its name, its experiment, or all. All that have a result, when left out.",
            DefaultValueFactory = _ => [All],
        };
        var results = new Option<string?>("--results")
        {
            Description = "The result folder it reads, or the folder that holds some of each experiment, of which notebooks/README.md says which is chosen. [results]",
            HelpName = "DIR",
        };
        var output = new Option<string?>("--out")
        {
            Description = "Where the notebook with its outputs goes: a file, or a folder for several. [the file itself]",
            HelpName = "PATH",
        };
        var command = new Command(name, description) { names, results, output };
        command.SetAction((parsed, stop) =>
            Run(parsed.GetValue(names)!, parsed.GetValue(results) ?? Checkout.Results, parsed.GetValue(output), surroundings, stop));
        return command;
    }

    private static async Task<int> Run(string[] names, string results, string? output, Surroundings surroundings, CancellationToken stop)
    {
        var all = names is [All];
        List<string> notebooks = all
            ? [.. ExperimentCatalog.All.Select(ExperimentFiles.NotebookOf).OfType<string>()]
            : [.. names.Select(ExperimentFiles.FindNotebook)];
        var isOneResult = File.Exists(Path.Combine(results, "plan.json"));
        if (isOneResult && notebooks.Count > 1) throw new CommandException($"{results} is one result: name the notebook that reads it.");

        var failed = 0;
        foreach (var notebook in notebooks)
        {
            var folder = isOneResult ? results : ResultFor(notebook, results, named: !all);
            if (folder is null) await surroundings.Out.WriteLineAsync($"{Path.GetFileName(notebook)}: skipped: {results} has no result of its experiment.");
            else if (!await RunOne(notebook, folder, OutputOf(notebook, output, notebooks.Count), echo: notebooks.Count == 1, surroundings, stop)) failed++;
        }

        if (failed > 0) await surroundings.Error.WriteLineAsync($"{failed} of {notebooks.Count} notebooks failed.");
        return failed > 0 ? ExitCode.Failed : ExitCode.Success;
    }

    private static async Task<bool> RunOne(string notebook, string results, string? output, bool echo, Surroundings surroundings, CancellationToken stop)
    {
        var took = Stopwatch.StartNew();
        try
        {
            var result = await NotebookRunner.RunAsync(notebook, results, output, echo ? surroundings.Out.Write : null, stop);
            if (result.Error is { } error) await surroundings.Error.WriteLineAsync($"{result.OutputPath}: {error}");
            else await surroundings.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"{result.OutputPath}: {result.CellsRun} cells ran on {results} in {took.Elapsed.TotalSeconds:0.0} s"));
            return result.Error is null;
        }
        catch (NotebookException error)
        {
            throw new CommandException(error.Message);
        }
    }

    private static string? ResultFor(string notebook, string results, bool named)
    {
        var experiment = ExperimentFiles.ExperimentOf(notebook);
        if (ResultChoice.Of(results, experiment.Id) is { } folder) return folder.Path;

        if (!named) return null;

        throw new CommandException($"there is no result of {experiment.Id} under {results}: run it first, or name a folder with --results.");
    }

    private static string? OutputOf(string notebook, string? output, int notebooks)
    {
        if (output is null || (notebooks == 1 && !Directory.Exists(output))) return output;

        Directory.CreateDirectory(output);
        return Path.Combine(output, Path.GetFileName(notebook));
    }
}
