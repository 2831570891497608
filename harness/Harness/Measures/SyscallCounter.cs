using System.Globalization;
using Harness.Nodes;

namespace Harness.Measures;

/// <summary>Counts processes' system calls at the kernel's tracepoint, through perf: far cheaper than strace, which stops at each.</summary>
/// <remarks>Needs perf and the right to trace, which is root's as a rule; without them there is no figure.</remarks>
public sealed class SyscallCounter : IAsyncDisposable
{
    private const int IntervalMs = 200;

    private readonly Lock _lock = new();
    private readonly NodeProcess? _perf;
    private double _calls;
    private double _seconds;
    private bool _stopped;

    private SyscallCounter(IReadOnlyList<int> pids, string logFile)
    {
        try
        {
            _perf = NodeProcess.Start(new NodeCommand("perf", "perf",
                ["stat", "-e", "raw_syscalls:sys_enter", "-x", ",", "-I", $"{IntervalMs}", "--log-fd", "1", "-p", string.Join(',', pids)], logFile), Take);
        }
        catch (NodeFailedException)
        {
            // Not installed: there is no figure, and the log of the run says so by its absence.
        }
    }

    /// <summary>Calls per second, all processes together; null when none were counted.</summary>
    public double? PerSecond
    {
        get
        {
            lock (_lock) return _seconds > 0 ? _calls / _seconds : null;
        }
    }

    /// <summary>Counts from now on.</summary>
    public static SyscallCounter Start(IReadOnlyList<int> pids, string logFile) => new(pids, logFile);

    /// <summary>What comes later does not count.</summary>
    public void Stop()
    {
        lock (_lock) _stopped = true;
    }

    public async ValueTask DisposeAsync()
    {
        if (_perf is not null) await _perf.DisposeAsync();
    }

    /// <summary>A line of an interval: <c>seconds,calls,unit,event,…</c>; calls are <c>&lt;not counted&gt;</c> when there were none.</summary>
    internal static (double Seconds, double Calls)? Parse(string line)
    {
        var fields = line.Split(',');
        if (fields.Length < 4 || !double.TryParse(fields[0].Trim(), CultureInfo.InvariantCulture, out var seconds)) return null;

        return (seconds, double.TryParse(fields[1], CultureInfo.InvariantCulture, out var calls) ? calls : 0);
    }

    private bool Take(string line)
    {
        if (Parse(line) is not { } interval) return false;

        lock (_lock)
        {
            if (_stopped) return true;

            _calls += interval.Calls;
            _seconds = interval.Seconds;
        }

        return true;
    }
}
