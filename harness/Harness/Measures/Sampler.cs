using System.Diagnostics;

namespace Harness.Measures;

/// <summary>All counters at one moment.</summary>
/// <param name="Timestamp">The moment on <see cref="Stopwatch"/>'s clock, which all processes of the machine share.</param>
/// <param name="Machine">The machine and the data's disk.</param>
/// <param name="Processes">The processes alive then, by name.</param>
public sealed record Sample(long Timestamp, MachineCounters Machine, IReadOnlyDictionary<string, ProcessCounters> Processes)
{
    /// <summary>CPU time of this process, which watches all of it, since its start.</summary>
    public TimeSpan HarnessCpu { get; init; }

    public TimeSpan Since(Sample earlier) => Stopwatch.GetElapsedTime(earlier.Timestamp, Timestamp);
}

/// <summary>Takes a sample of the machine and of every process of a run once a second, and whenever it is asked.</summary>
/// <remarks>What the runtimes of nodes tell of themselves is gathered beside it. Differences between two samples are what was used between them; nothing is averaged or extrapolated here.</remarks>
public sealed class Sampler : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly DeviceNumber? _device;
    private readonly bool _asksRuntimes;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProcessMeter> _meters = [];
    private readonly Dictionary<string, RuntimeEvents> _runtimes = [];
    private readonly List<Sample> _samples = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="device">The device under the data, or null when it has none.</param>
    /// <param name="asksRuntimes">Whether the runtimes of nodes are asked what they do, which costs them a little.</param>
    public Sampler(DeviceNumber? device, bool asksRuntimes = false)
    {
        _device = device;
        _asksRuntimes = asksRuntimes;
        _loop = Task.Run(TakeEverySecond);
    }

    /// <summary>Every sample so far, in order of time.</summary>
    public IReadOnlyList<Sample> Samples
    {
        get
        {
            lock (_lock) return [.. _samples];
        }
    }

    /// <summary>Samples the process <paramref name="pid"/> from now on; a restarted process takes the place of the old one.</summary>
    public void Watch(string name, int pid)
    {
        lock (_lock) _meters[name] = new ProcessMeter(pid);
    }

    /// <summary>The same for a node, whose runtime is asked too.</summary>
    public void WatchNode(string name, int pid)
    {
        Watch(name, pid);
        if (!_asksRuntimes) return;

        lock (_lock) _runtimes[name] = RuntimeEvents.Attach(pid);
    }

    /// <summary>Ends what the runtimes of nodes tell.</summary>
    /// <returns>What each told, by name; empty where none was asked.</returns>
    public async Task<IReadOnlyDictionary<string, RuntimeEvents>> StopRuntimes()
    {
        Dictionary<string, RuntimeEvents> runtimes;
        lock (_lock) runtimes = new(_runtimes);
        await Task.WhenAll(runtimes.Values.Select(runtime => runtime.Stop()));
        return runtimes;
    }

    /// <summary>The processes watched, those whose name is wanted.</summary>
    public IReadOnlyList<int> ProcessIds(Func<string, bool> wanted)
    {
        lock (_lock) return [.. _meters.Where(meter => wanted(meter.Key)).Select(meter => meter.Value.Pid)];
    }

    /// <summary>Takes a sample now.</summary>
    public Sample Take()
    {
        lock (_lock)
        {
            var processes = new Dictionary<string, ProcessCounters>(_meters.Count);
            foreach (var (name, meter) in _meters)
                if (meter.Read() is { } counters) processes.Add(name, counters);

            var sample = new Sample(Stopwatch.GetTimestamp(), MachineCounters.Read(_device), processes) { HarnessCpu = Environment.CpuUsage.TotalTime };
            _samples.Add(sample);
            return sample;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await StopRuntimes();
        _stop.Dispose();
    }

    private async Task TakeEverySecond()
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token)) Take();
        }
        catch (OperationCanceledException)
        {
            // Stopped: the samples stay.
        }
    }
}
