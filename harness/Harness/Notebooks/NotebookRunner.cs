using System.Collections.Immutable;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Scripting;
using Microsoft.CodeAnalysis.Scripting;

namespace Harness.Notebooks;

/// <summary>How a notebook ended.</summary>
/// <param name="OutputPath">The notebook with its outputs, as far as it ran.</param>
/// <param name="CellsRun">Code cells that were run, the failing one included.</param>
/// <param name="Error">What stopped it, with the number of the cell; null when all cells ran.</param>
public sealed record NotebookResult(string OutputPath, int CellsRun, string? Error)
{
    /// <summary>For a process: 0 when all cells ran, 1 otherwise.</summary>
    public int ExitCode => Error is null ? 0 : 1;
}

/// <summary>Runs the C# cells of a notebook one after the other in this process and writes their outputs back.</summary>
/// <remarks>
/// Cells share state as in any notebook: the first is a script, each other continues it. They see the harness, the usual
/// namespaces and the members of <see cref="NotebookHost"/>. Standard output is this process's while a notebook runs, so one
/// notebook runs at a time. A failing cell ends the run; its error is kept in the notebook and later cells have no outputs.
/// </remarks>
public static class NotebookRunner
{
    private static readonly string[] Imports =
    [
        "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Threading.Tasks",
        "Harness.Charts", "Harness.Load", "Harness.Notebooks", "Harness.Results", "Harness.Statistics",
    ];

    // All assemblies the process was started with: what the harness can use, a notebook can. Read once, as each of the hundreds costs milliseconds.
    private static readonly Lazy<ImmutableArray<MetadataReference>> References = new(() =>
        [.. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(File.Exists).Select(file => MetadataReference.CreateFromFile(file))]);

    private static readonly SemaphoreSlim OneAtATime = new(1, 1);

    /// <summary>Runs the notebook at <paramref name="path"/> on a result folder.</summary>
    /// <param name="path">A .ipynb file.</param>
    /// <param name="resultsFolder">What cells see as <see cref="NotebookHost.ResultsFolder"/>.</param>
    /// <param name="outputPath">Where the notebook with outputs goes; null writes them into the file itself.</param>
    /// <param name="echo">Called with what cells print, as they print it.</param>
    /// <param name="stop">Ends it before the next cell.</param>
    /// <exception cref="NotebookException">The file is no C# notebook.</exception>
    public static async Task<NotebookResult> RunAsync(
        string path, string resultsFolder, string? outputPath = null, Action<string>? echo = null, CancellationToken stop = default)
    {
        var output = Path.GetFullPath(outputPath ?? path);
        var (notebook, cellsRun, error) = await ExecuteAsync(path, resultsFolder, echo, stop);
        notebook.Write(output);
        return new NotebookResult(output, cellsRun, error);
    }

    /// <summary>The same, writing no file: what cells showed is in the notebook returned.</summary>
    internal static async Task<(Notebook Notebook, int CellsRun, string? Error)> ExecuteAsync(
        string path, string resultsFolder, Action<string>? echo, CancellationToken stop)
    {
        var notebook = Notebook.Read(path);
        await OneAtATime.WaitAsync(stop);
        var console = Console.Out;
        try
        {
            var host = new NotebookHost(Path.GetFullPath(resultsFolder));
            using var writer = new NotebookConsole(host, echo);
            Console.SetOut(writer);
            var (cellsRun, error) = await RunCells(notebook, host, OptionsFor(path), stop);
            return (notebook, cellsRun, error);
        }
        finally
        {
            Console.SetOut(console);
            OneAtATime.Release();
        }
    }

    private static async Task<(int CellsRun, string? Error)> RunCells(Notebook notebook, NotebookHost host, ScriptOptions options, CancellationToken stop)
    {
        foreach (var cell in notebook.CodeCells) cell.ClearOutputs();

        ScriptState<object>? state = null;
        foreach (var cell in notebook.CodeCells)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                state = state is null
                    ? await CSharpScript.RunAsync(cell.Source, options, host, typeof(NotebookHost), stop)
                    : await state.ContinueWithAsync(cell.Source, options, stop);
                if (state.ReturnValue is { } value) host.Add(NotebookOutput.Result(value.ToString() ?? ""));
                cell.SetOutputs(host.TakeOutputs());
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                // Whatever a cell throws is the cell's result: kept where the reader looks for it.
                host.Add(ErrorOf(problem));
                cell.SetOutputs(host.TakeOutputs());
                return (cell.Number, $"cell {cell.Number}: {problem.GetType().Name}: {problem.Message}");
            }
        }

        return (notebook.CodeCells.Count(), null);
    }

    private static NotebookOutput ErrorOf(Exception problem) => problem is CompilationErrorException compilation
        ? NotebookOutput.Error("CompilationError", compilation.Message, [.. compilation.Diagnostics.Select(diagnostic => diagnostic.ToString())])
        : NotebookOutput.Error(problem.GetType().Name, problem.Message, problem.ToString().ReplaceLineEndings("\n").Split('\n'));

    private static ScriptOptions OptionsFor(string path) =>
        ScriptOptions.Default
            .WithReferences(References.Value)
            .WithImports(Imports)
            .WithSourceResolver(new SourceFileResolver(ImmutableArray<string>.Empty, Path.GetDirectoryName(Path.GetFullPath(path))))
            .WithFilePath(Path.GetFullPath(path))
            .WithFileEncoding(Encoding.UTF8)
            .WithEmitDebugInformation(true);

    /// <summary>Hands what is printed to the cell that is running.</summary>
    private sealed class NotebookConsole(NotebookHost host, Action<string>? echo) : StringWriter(System.Globalization.CultureInfo.InvariantCulture)
    {
        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value)) return;

            host.Write(value);
            echo?.Invoke(value);
        }

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void WriteLine() => Write("\n");
    }
}
