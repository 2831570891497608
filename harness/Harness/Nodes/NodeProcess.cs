using System.Diagnostics;

namespace Harness.Nodes;

/// <summary>One process that a run owns, from its start to its certain end.</summary>
/// <remarks>
/// All it prints lands in its log file. Its standard input stays open as long as this process lives and is closed by the
/// kernel when this process dies, however it dies: a node that watches for the end of its input leaves no orphan.
/// </remarks>
public sealed class NodeProcess : IAsyncDisposable
{
    /// <summary>What a node prints before its description once it takes requests.</summary>
    public const string ReadyPrefix = "ready ";

    /// <summary>What stands before the process id in the first line of a process on a host that has to tell it.</summary>
    internal const string PidPrefix = "pid ";

    /// <summary>How a node says that it cannot run with what it was given; what it printed says why.</summary>
    private const int UnusableSettings = 2;

    private const int TailLines = 12;

    /// <summary>SIGKILL cannot be refused; only a process stuck in the kernel outlives this.</summary>
    private static readonly TimeSpan KillDeadline = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LastWordsDeadline = TimeSpan.FromSeconds(30);

    private readonly NodeCommand _command;
    private readonly Func<string, bool>? _takeLine;
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _logLock = new();
    private readonly Queue<string> _tail = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<int> _pid = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _exited;
    private volatile bool _stopping;

    private NodeProcess(NodeCommand command, Func<string, bool>? takeLine, Process process)
    {
        _command = command;
        _takeLine = takeLine;
        _process = process;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(command.LogFile))!);
        if (!command.Host.TellsPid) _pid.SetResult(process.Id);
        _log = new StreamWriter(new FileStream(command.LogFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        _exited = Follow();
    }

    /// <summary>Its id on its host, there as soon as it has been ready; 0 of one that ended before it told.</summary>
    public int Pid => _pid.Task.Result;

    /// <summary>The machine it is on.</summary>
    public INodeHost Host => _command.Host;

    public string Name => _command.Name;

    public bool HasExited => _exited.IsCompleted;

    /// <summary>The exit code, once it has ended: 128 + signal when a signal ended it; 255 when one did on another host, or the connection was lost.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Completes when the process has ended and everything it printed is in the log.</summary>
    public Task Exited => _exited;

    /// <summary>True when it ended although nobody asked it to.</summary>
    public bool EndedByItself => HasExited && !_stopping;

    /// <summary>The last lines it printed, for messages.</summary>
    public string LogTail
    {
        get
        {
            lock (_logLock)
                return _tail.Count == 0 ? "(it printed nothing)" : string.Join('\n', _tail);
        }
    }

    /// <summary>What it reads on its standard input.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>Starts the process.</summary>
    /// <param name="command">What to start.</param>
    /// <param name="takeLine">Is shown every line of its standard output, at once and in order; true keeps the line out of the log.</param>
    /// <exception cref="NodeFailedException">The program cannot be started.</exception>
    public static NodeProcess Start(NodeCommand command, Func<string, bool>? takeLine = null)
    {
        var start = command.Host.StartOf(command);
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        try
        {
            return new NodeProcess(command, takeLine, Process.Start(start)!);
        }
        catch (System.ComponentModel.Win32Exception error)
        {
            throw new NodeFailedException($"{command.Name}: cannot start {start.FileName}: {error.Message}");
        }
    }

    /// <summary>Waits for the line <c>ready …</c> and returns what follows the word.</summary>
    /// <exception cref="NodeRefusedException">It cannot run with what it was given.</exception>
    /// <exception cref="NodeFailedException">It ended otherwise, or stayed silent past the deadline.</exception>
    public async Task<string> Ready(TimeSpan deadline, CancellationToken stop = default)
    {
        try
        {
            return await _ready.Task.WaitAsync(deadline, stop);
        }
        catch (TimeoutException)
        {
            throw new NodeFailedException($"{Name} was not ready after {deadline.TotalSeconds:0.#} s. The end of its log ({_command.LogFile}):\n{LogTail}");
        }
    }

    /// <summary>Asks it to end, and kills it when it has not after <paramref name="deadline"/>.</summary>
    /// <returns>True when it ended by itself after being asked.</returns>
    public async Task<bool> Stop(TimeSpan deadline)
    {
        _stopping = true;
        await Send(Signal.Terminate);
        await Send(Signal.Continue); // one that stands still could not even end
        try
        {
            await _exited.WaitAsync(deadline);
            return true;
        }
        catch (TimeoutException)
        {
            await Kill();
            return false;
        }
    }

    /// <summary>Makes it stand still (SIGSTOP) until <see cref="Continue"/>; its sockets go on taking bytes for it.</summary>
    public Task Pause() => Send(Signal.Stop);

    /// <summary>Lets it go on.</summary>
    public Task Continue() => Send(Signal.Continue);

    /// <summary>Ends it at once (SIGKILL): nothing it holds in memory reaches the disk.</summary>
    public async Task Kill()
    {
        _stopping = true;
        await Send(Signal.Kill);
        await _exited.WaitAsync(KillDeadline);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited) await Kill();
        _process.Dispose();
        await _log.DisposeAsync();
    }

    private async Task Send(Signal signal)
    {
        var pid = await _pid.Task;
        // The runtime reaps a child as soon as it ends, and only then may its number go to another process.
        if (!_process.HasExited) await Host.Send(pid, signal);
    }

    private async Task Follow()
    {
        var copies = Task.WhenAll(Copy(_process.StandardOutput, TakeLine), Copy(_process.StandardError, _ => false));
        await _process.WaitForExitAsync();
        _pid.TrySetResult(0);
        // Its last words are in the pipes: a worker's report is long, and a busy machine takes its time to read it. Only a grandchild that
        // holds them open is not waited for.
        await Task.WhenAny(copies, Task.Delay(LastWordsDeadline));
        _ready.TrySetException(_process.ExitCode == UnusableSettings
            ? new NodeRefusedException($"{Name} refused to start: {LogTail}")
            : new NodeFailedException($"{Name} ended with exit code {_process.ExitCode} before it was ready. The end of its log ({_command.LogFile}):\n{LogTail}"));
        // Whoever waits for readiness sees the failure; nobody has to.
        _ = _ready.Task.Exception;
    }

    private bool TakeLine(string line)
    {
        if (!_pid.Task.IsCompleted && line.StartsWith(PidPrefix, StringComparison.Ordinal) && int.TryParse(line.AsSpan(PidPrefix.Length), out var pid))
        {
            _pid.TrySetResult(pid);
            return true;
        }

        if (line.StartsWith(ReadyPrefix, StringComparison.Ordinal)) _ready.TrySetResult(line[ReadyPrefix.Length..]);
        return _takeLine?.Invoke(line) ?? false;
    }

    // On a thread of its own: a line may mark a moment, and must not wait for a busy thread pool.
    private Task Copy(StreamReader from, Func<string, bool> take) => Task.Factory.StartNew(() =>
    {
        while (from.ReadLine() is { } line)
        {
            if (take(line)) continue;

            lock (_logLock)
            {
                _log.WriteLine(line);
                _tail.Enqueue(line);
                if (_tail.Count > TailLines) _tail.Dequeue();
            }
        }
    }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
