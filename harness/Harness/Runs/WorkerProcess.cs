using System.Runtime.ExceptionServices;
using System.Text.Json;
using Harness.Files;
using Harness.Load;
using Harness.Nodes;

namespace Harness.Runs;

/// <summary>How load workers are started: the program and the arguments that make it one.</summary>
public sealed record WorkerProgram(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>A command that it is put behind, and that becomes it; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>The same on some of the machine's CPUs, as <c>0-1,3</c>; null for any.</summary>
    internal WorkerProgram OnCpus(string? cpus) => this with { Launcher = Nodes.Launcher.Of([], cpus) };
}

/// <summary>One worker at its job, in a process of its own so that its CPU time is not the harness's.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopDeadline = TimeSpan.FromSeconds(5);

    private readonly NodeProcess _process;
    private readonly Action<LoadLine> _onLine;
    private LoadLine? _last;
    private volatile ExceptionDispatchInfo? _failure;

    private WorkerProcess(WorkerProgram program, string logFile, Action<LoadLine> onLine)
    {
        _onLine = onLine;
        _process = NodeProcess.Start(new NodeCommand("the worker", program.Program, program.Arguments, logFile) { Launcher = program.Launcher }, TakeLine);
    }

    public int Pid => _process.Pid;

    /// <summary>Starts a worker and hands it its job.</summary>
    /// <param name="program">How a worker is started.</param>
    /// <param name="job">The job as a line of JSON.</param>
    /// <param name="logFile">Where what it prints beside its lines goes.</param>
    /// <param name="onLine">Is told each of its lines as it comes.</param>
    public static async Task<WorkerProcess> Start(WorkerProgram program, string job, string logFile, Action<LoadLine> onLine)
    {
        var worker = new WorkerProcess(program, logFile, onLine);
        try
        {
            await worker._process.Input.WriteLineAsync(job);
            await worker._process.Input.FlushAsync();
        }
        catch (IOException)
        {
            // It ended before it read its job: Report says why.
        }

        return worker;
    }

    /// <summary>Waits for the end of a load worker's job.</summary>
    /// <exception cref="RunFailedException">The worker refused the job.</exception>
    /// <exception cref="NodeFailedException">It ended without a report.</exception>
    public async Task<LoadReport> Report() => (await LastLine<ReportLine>()).Report;

    /// <summary>Waits for the end of a file worker's job.</summary>
    /// <inheritdoc cref="Report"/>
    public async Task<FileReport> FileReport() => (await LastLine<FileReportLine>()).Report;

    private async Task<T> LastLine<T>() where T : LoadLine
    {
        await _process.Exited;
        _failure?.Throw();
        return _last switch
        {
            T line => line,
            RefusalLine refusal => throw new RunFailedException("the worker refused: " + string.Join("; ", refusal.Problems)),
            _ => throw new NodeFailedException($"the worker ended with exit code {_process.ExitCode} and no report:\n{_process.LogTail}"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await _process.Stop(StopDeadline);
        await _process.DisposeAsync();
    }

    private bool TakeLine(string line)
    {
        if (line is not ['{', ..]) return false;

        try
        {
            var parsed = LoadJson.ReadLine(line);
            _last = parsed;
            if (_failure is null) Tell(parsed);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    // Nobody would read on if it ended the thread that reads: the worker would wait for ever for room in the pipe, and the run for the worker.
    private void Tell(LoadLine line)
    {
        try
        {
            _onLine(line);
        }
        catch (Exception error)
        {
            _failure = ExceptionDispatchInfo.Capture(error);
            _ = _process.Kill(); // whoever waits for its last line is told
        }
    }
}
