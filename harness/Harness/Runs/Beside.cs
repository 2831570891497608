using Harness.Files;
using Harness.Load;
using Harness.Measures;
using Harness.Plans;

namespace Harness.Runs;

/// <summary>What runs beside the load of one run: whoever keeps the machine busy, reads a backlog or counts system calls.</summary>
internal sealed class Beside(RunSetup setup, string logFolder) : IAsyncDisposable
{
    /// <summary>Longer than any run: it is ended with the run.</summary>
    private static readonly TimeSpan Endless = TimeSpan.FromHours(12);

    /// <summary>What a copy walks through: more than processors cache.</summary>
    private const long CopiedBytes = 512 << 20;

    private readonly List<WorkerProcess> _workers = [];
    private Task<WorkerProcess>? _reader;
    private SyscallCounter? _counter;

    /// <summary>System calls of the processes counted; null where nobody counted.</summary>
    public double? CallsPerSecond => _counter?.PerSecond;

    /// <summary>Starts a thread, in a process of its own, that does nothing but keep the machine busy.</summary>
    public async Task Start(Antagonist antagonist)
    {
        var work = antagonist == Antagonist.Copy
            ? new FileWork { Action = FileAction.Copy, BlockBytes = 1 << 20, FileBytes = CopiedBytes }
            : new FileWork { Action = FileAction.Spin, BlockBytes = 4096 };
        var spec = new FileSpec { Folder = setup.WorkFolder, Work = work, Duration = Endless };
        _workers.Add(await WorkerProcess.Start(setup.FileWorker, LoadJson.Write(spec), Path.Combine(logFolder, "antagonist.log"), _ => { }));
    }

    /// <summary>Starts a reader; does not wait for it.</summary>
    public void Read(LoadSpec job) => _reader = Task.Run(() => WorkerProcess.Start(setup.Worker, LoadJson.Write(job), Path.Combine(logFolder, "reader.log"), _ => { }));

    /// <summary>What the reader has read per second, when it is done.</summary>
    /// <exception cref="RunFailedException">It read nothing.</exception>
    public async Task<double> ReadBytesPerSecond()
    {
        if (_reader is null) throw new RunFailedException("the backlog was never read");

        var report = await (await _reader).Report();
        return report.Consume is { Bytes: > 0 } consume ? consume.BytesPerSecond
            : throw new RunFailedException("nothing of the backlog was read: " + string.Join("; ", report.Problems.DefaultIfEmpty("no reason given")));
    }

    /// <summary>Counts the system calls of these processes from now on.</summary>
    public void CountCalls(IReadOnlyList<int> pids) => _counter = SyscallCounter.Start(pids, Path.Combine(logFolder, "perf.log"));

    public void StopCounting() => _counter?.Stop();

    public async ValueTask DisposeAsync()
    {
        if (_reader is not null) _workers.Add(await _reader);
        foreach (var worker in _workers) await worker.DisposeAsync();
        if (_counter is not null) await _counter.DisposeAsync();
    }
}
