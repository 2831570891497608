using System.Diagnostics;
using Harness.Nodes;

namespace Harness.Measures;

/// <summary>All counters at one moment.</summary>
/// <param name="Timestamp">The moment on <see cref="Stopwatch"/>'s clock, which all processes of the machine share.</param>
/// <param name="Machine">This machine and the data's disk.</param>
/// <param name="Processes">The processes alive then, by name, on whatever machine.</param>
public sealed record Sample(long Timestamp, MachineCounters Machine, IReadOnlyDictionary<string, ProcessCounters> Processes)
{
    /// <summary>CPU time of this process, which watches all of it, since its start.</summary>
    public TimeSpan HarnessCpu { get; init; }

    /// <summary>The other machines that nodes are on, and the disks of the data there, by name; read between this moment and their answer.</summary>
    public IReadOnlyDictionary<string, MachineCounters> Hosts { get; init; } = new Dictionary<string, MachineCounters>();

    /// <summary>Page cache of all machines that is not on the disk yet.</summary>
    public long UnwrittenBytes => Hosts.Values.Append(Machine).Sum(machine => machine.DirtyBytes + machine.WritebackBytes);

    public TimeSpan Since(Sample earlier) => Stopwatch.GetElapsedTime(earlier.Timestamp, Timestamp);

    /// <summary>What happened on each machine since <paramref name="earlier"/>, this one first.</summary>
    public IReadOnlyList<MachineCounters> MachinesSince(Sample earlier) =>
        [Machine.Since(earlier.Machine), .. Hosts.Where(host => earlier.Hosts.ContainsKey(host.Key)).Select(host => host.Value.Since(earlier.Hosts[host.Key]))];
}

/// <summary>Takes a sample of the machine and of every process of a run once a second, and whenever it is asked.</summary>
/// <remarks>What the runtimes of nodes tell of themselves is gathered beside it. Differences between two samples are what was used between them; nothing is averaged or extrapolated here.</remarks>
public sealed class Sampler : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>The lines that are wanted of the files of <see cref="FilesOf"/>; threads have long ones that nobody asks for.</summary>
    private const string Lines = "^(cpu |(Dirty|Writeback|Cached|Name|VmRSS|(non)?voluntary_ctxt_switches|rchar|wchar|syscr|syscw|read_bytes|write_bytes):| *[0-9]+ )";

    private readonly DeviceNumber? _device;
    private readonly bool _asksRuntimes;
    private readonly IReadOnlyList<RemoteHost> _hosts;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (ProcessMeter Meter, INodeHost Host)> _meters = [];
    private readonly Dictionary<string, RuntimeEvents> _runtimes = [];
    private readonly List<Sample> _samples = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    /// <param name="device">The device under the data, or null when it has none.</param>
    /// <param name="asksRuntimes">Whether the runtimes of nodes are asked what they do, which costs them a little.</param>
    public Sampler(DeviceNumber? device, bool asksRuntimes = false)
        : this(device, asksRuntimes, [])
    {
    }

    /// <param name="device">The device under the data on this machine, or null when it has none.</param>
    /// <param name="asksRuntimes">Whether the runtimes of nodes on this machine are asked what they do.</param>
    /// <param name="hosts">The other machines that nodes are on.</param>
    internal Sampler(DeviceNumber? device, bool asksRuntimes, IReadOnlyList<RemoteHost> hosts)
    {
        _device = device;
        _hosts = hosts;
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
        lock (_lock) _meters[name] = (new ProcessMeter(pid), ThisMachine.Instance);
    }

    /// <summary>The same for a node on any machine; on this one its runtime is asked too.</summary>
    public void WatchNode(string name, NodeProcess node)
    {
        lock (_lock)
        {
            _meters[name] = (new ProcessMeter(node.Pid), node.Host);
            // Runtimes tell over a socket of their machine.
            if (_asksRuntimes && node.Host == ThisMachine.Instance) _runtimes[name] = RuntimeEvents.Attach(node.Pid);
        }
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
        lock (_lock) return [.. _meters.Where(meter => wanted(meter.Key)).Select(meter => meter.Value.Meter.Pid)];
    }

    /// <summary>Takes a sample now.</summary>
    public Sample Take()
    {
        lock (_lock)
        {
            var answers = _hosts.Select(host => Task.Run(() => host.Read(FilesOf(host), Lines))).ToList();
            var processes = new Dictionary<string, ProcessCounters>(_meters.Count);
            Read(ThisMachine.Instance, meter => meter.Read());

            var sample = new Sample(Stopwatch.GetTimestamp(), MachineCounters.Read(_device), processes) { HarnessCpu = Environment.CpuUsage.TotalTime };
            var machines = new Dictionary<string, MachineCounters>();
            foreach (var (host, answer) in _hosts.Zip(answers))
            {
                var files = answer.GetAwaiter().GetResult();
                Read(host, meter => meter.Read(files));
                if (MachineCounters.Of(files, host.Device) is { } machine) machines[host.Name!] = machine;
            }

            sample = sample with { Hosts = machines };
            _samples.Add(sample);
            return sample;

            void Read(INodeHost host, Func<ProcessMeter, ProcessCounters?> read)
            {
                foreach (var (name, watched) in _meters.Where(watched => watched.Value.Host == host))
                    if (read(watched.Meter) is { } counters) processes.Add(name, counters);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        await StopRuntimes();
        _stop.Dispose();
    }

    private List<string> FilesOf(INodeHost host) =>
    [
        .. MachineCounters.Files,
        .. _meters.Values.Where(watched => watched.Host == host).SelectMany(watched => ProcessMeter.FilesOf(watched.Meter.Pid)),
    ];

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
