using System.Globalization;

namespace Harness.Measures;

/// <summary>Reads the counters of one process; keeps what its ended threads had counted.</summary>
/// <remarks>Not for several threads at once.</remarks>
public sealed class ProcessMeter(int pid)
{
    private readonly Dictionary<int, ThreadCounters> _threads = [];

    public int Pid => pid;

    /// <summary>The counters now, or null when the process has ended.</summary>
    public ProcessCounters? Read()
    {
        try
        {
            var counters = default(ProcessCounters)
                .WithStat(File.ReadAllText($"/proc/{pid}/stat"))
                .WithIo(File.ReadAllText($"/proc/{pid}/io"));

            // Switches and waits are kept per thread only and are lost with it: remember the last seen of each.
            foreach (var folder in Directory.EnumerateDirectories($"/proc/{pid}/task"))
                if (ReadThread(folder) is { } thread) _threads[int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture)] = thread;

            return WithThreads(counters);
        }
        catch (IOException)
        {
            // The files go with the process, also between two reads (ENOENT, ESRCH).
            return null;
        }
    }

    /// <summary>The files it reads, as a shell expands them.</summary>
    internal static IEnumerable<string> FilesOf(int pid) =>
        ((string[])["stat", "io", "status", "task/*/status", "task/*/schedstat"]).Select(file => string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"));

    /// <summary>The same of a process on another machine; null when its files are not there.</summary>
    /// <param name="files">The texts of files under its <c>/proc</c>, of <c>status</c> with <c>VmRSS</c>: page sizes differ between machines.</param>
    internal ProcessCounters? Read(IReadOnlyDictionary<string, string> files)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        string? Text(string name) => files.GetValueOrDefault($"{folder}/{name}");
        // One that has ended and was not waited for has files, but no memory.
        if (Text("stat") is not { } stat || Text("io") is not { } io || Text("status") is not { } status || !status.Contains("VmRSS:", StringComparison.Ordinal)) return null;

        foreach (var (path, schedstat) in files)
        {
            const string name = "/schedstat";
            if (!path.StartsWith(folder + "/task/", StringComparison.Ordinal) || !path.EndsWith(name, StringComparison.Ordinal)) continue;

            var thread = path[..^name.Length];
            if (files.TryGetValue(thread + "/status", out var text))
                _threads[int.Parse(thread[(thread.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture)] = ThreadCounters.Parse(text, schedstat);
        }

        return WithThreads(default(ProcessCounters).WithStat(stat).WithIo(io)) with { ResidentBytes = Kernel.Field(status, "VmRSS") * 1024 };
    }

    private ProcessCounters WithThreads(ProcessCounters counters)
    {
        foreach (var thread in _threads.Values)
        {
            counters = counters with
            {
                VoluntarySwitches = counters.VoluntarySwitches + thread.VoluntarySwitches,
                InvoluntarySwitches = counters.InvoluntarySwitches + thread.InvoluntarySwitches,
                RunnableWait = counters.RunnableWait + thread.RunnableWait,
            };
        }

        return counters with { ThreadUses = _threads.ToDictionary(thread => thread.Key, thread => new ThreadUse(thread.Value.Name, thread.Value.CpuTime)) };
    }

    private static ThreadCounters? ReadThread(string folder)
    {
        try
        {
            return ThreadCounters.Parse(File.ReadAllText(folder + "/status"), File.ReadAllText(folder + "/schedstat"));
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>What the kernel keeps per thread and does not sum up for the process.</summary>
internal readonly record struct ThreadCounters(
    string Name, TimeSpan CpuTime, long VoluntarySwitches, long InvoluntarySwitches, TimeSpan RunnableWait)
{
    /// <param name="status">The text of <c>/proc/PID/task/TID/status</c>.</param>
    /// <param name="schedstat">Of <c>schedstat</c>: nanoseconds on a CPU, nanoseconds waiting for one, time slices.</param>
    public static ThreadCounters Parse(string status, string schedstat)
    {
        var times = schedstat.Split(' ');
        return new ThreadCounters(
            Kernel.Text(status, "Name"),
            Nanoseconds(times[0]),
            Kernel.Field(status, "voluntary_ctxt_switches"),
            Kernel.Field(status, "nonvoluntary_ctxt_switches"),
            Nanoseconds(times[1]));
    }

    private static TimeSpan Nanoseconds(string text) =>
        TimeSpan.FromTicks(long.Parse(text, CultureInfo.InvariantCulture) / TimeSpan.NanosecondsPerTick);
}
