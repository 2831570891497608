using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Engine.Tests.Interop.Processes;

/// <summary>A program that was started with its output collected. Disposing kills it and whatever it started.</summary>
/// <remarks>
/// However this process ends, the kernel kills the program then (PR_SET_PDEATHSIG, prctl(2), set by setpriv(1)). It does so already when
/// the thread ends that started it, hence one that never does starts them all.
/// </remarks>
internal sealed class ChildProcess : IDisposable
{
    private const string Launcher = "setpriv";
    private const int NoSuchFile = 2; // ENOENT

    private static readonly BlockingCollection<Action> Starts = [];

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Task _collected;
    private bool _isDisposed;

    static ChildProcess() => new Thread(() =>
    {
        foreach (var start in Starts.GetConsumingEnumerable()) start();
    }) { Name = "children", IsBackground = true }.Start();

    /// <exception cref="Win32Exception">There is no such program.</exception>
    public ChildProcess(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        if (!IsThere(file)) throw new Win32Exception(NoSuchFile, $"there is no program {file}");

        var start = new ProcessStartInfo(Launcher, ["--pdeathsig", "KILL", "--", file, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        _process = OnStartingThread(() => Process.Start(start)!);
        // On threads of their own: they are blocked for as long as the program runs.
        _collected = Task.WhenAll(
            Task.Factory.StartNew(() => Collect(_process.StandardOutput, _output), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default),
            Task.Factory.StartNew(() => Collect(_process.StandardError, _errors), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    public int Id => _process.Id;

    public bool HasExited => Volatile.Read(ref _isDisposed) || _process.HasExited;

    /// <summary>Standard output so far.</summary>
    public string Output
    {
        get { lock (_output) return _output.ToString(); }
    }

    /// <summary>Standard error so far.</summary>
    public string Errors
    {
        get { lock (_errors) return _errors.ToString(); }
    }

    /// <summary>The end of standard error, for messages of failing tests.</summary>
    public string ErrorsTail => Errors is { Length: > 4000 } all ? "…" + all[^4000..] : Errors;

    /// <summary>Waits for the end and all output; gives the exit code.</summary>
    public int WaitForExit(TimeSpan deadline)
    {
        if (!_process.WaitForExit(deadline))
            Assert.Fail($"{string.Join(' ', _process.StartInfo.ArgumentList.Skip(3))} still runs after {deadline.TotalSeconds:F0} s: {ErrorsTail}");
        _collected.Wait(deadline);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (_isDisposed) return;

        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        // Its handle is left to the collector: another thread may be asking right now whether it has exited.
        Volatile.Write(ref _isDisposed, true);
    }

    private static T OnStartingThread<T>(Func<T> start)
    {
        var started = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                started.SetResult(start());
            }
            catch (Exception error)
            {
                started.SetException(error);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    // Asked before the launcher is, which is always there.
    private static bool IsThere(string file) => file.Contains('/', StringComparison.Ordinal)
        ? File.Exists(file)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, file)));

    private static void Collect(StreamReader from, StringBuilder into)
    {
        var buffer = new char[16 * 1024];
        for (var read = from.Read(buffer); read > 0; read = from.Read(buffer))
            lock (into) into.Append(buffer, 0, read);
    }
}
