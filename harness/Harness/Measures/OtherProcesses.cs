using System.Globalization;

namespace Harness.Measures;

/// <summary>CPU time that somebody else used of the machine between two moments.</summary>
/// <param name="Name">The program, as the kernel calls it.</param>
/// <param name="Pid">Its process.</param>
/// <param name="CpuTime">User and system time.</param>
public sealed record OtherProcess(string Name, int Pid, TimeSpan CpuTime);

/// <summary>The CPU time of every process that has nothing to do with this one, at one moment.</summary>
/// <remarks>Left out are this process and all it has started (nodes, load, proxies, tools) and the threads of the kernel, which work for whoever
/// gave them work. A process that came and went in between is not seen.</remarks>
public sealed class OtherProcesses
{
    /// <summary>The parent of all the kernel's threads; in a container there is none.</summary>
    private const string KernelThreads = "kthreadd";

    private readonly Dictionary<int, OtherProcess> _processes;

    private OtherProcesses(Dictionary<int, OtherProcess> processes) => _processes = processes;

    /// <summary>Looks at them now; a few milliseconds on a machine with some hundred processes.</summary>
    public static OtherProcesses Read() =>
        Of([.. Directory.EnumerateDirectories("/proc").Where(IsProcess).Select(StatOf).OfType<string>()], Environment.ProcessId);

    /// <summary>Those among the texts of <c>/proc/PID/stat</c> that do not come from <paramref name="own"/>.</summary>
    internal static OtherProcesses Of(IReadOnlyList<string> stats, int own)
    {
        var all = stats.Select(Parse).ToDictionary(process => process.Use.Pid);
        int[] ours = [own, .. all.Values.Where(process => process.Use.Name == KernelThreads && process.Parent == 0).Select(process => process.Use.Pid)];
        return new OtherProcesses(all.Values.Where(process => !ours.Any(ancestor => Descends(process.Use.Pid, ancestor)))
            .ToDictionary(process => process.Use.Pid, process => process.Use));

        bool Descends(int pid, int ancestor)
        {
            // Bounded, for parents are read one after the other and may be exchanged meanwhile.
            for (var steps = 0; steps < all.Count && pid != ancestor && all.TryGetValue(pid, out var process); steps++) pid = process.Parent;
            return pid == ancestor;
        }
    }

    /// <summary>What they used since <paramref name="earlier"/>, the busiest first; the idle ones are left out.</summary>
    public IReadOnlyList<OtherProcess> Since(OtherProcesses earlier) =>
    [
        .. _processes.Values
            .Select(process => earlier._processes.TryGetValue(process.Pid, out var before) ? process with { CpuTime = process.CpuTime - before.CpuTime } : process)
            .Where(process => process.CpuTime > TimeSpan.Zero)
            .OrderByDescending(process => process.CpuTime),
    ];

    private static (OtherProcess Use, int Parent) Parse(string stat)
    {
        // The command stands in parentheses and may hold some itself.
        var (open, close) = (stat.IndexOf('(', StringComparison.Ordinal), stat.LastIndexOf(')'));
        var pid = int.Parse(stat.AsSpan(0, open).Trim(), CultureInfo.InvariantCulture);
        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var use = new OtherProcess(stat[(open + 1)..close], pid, default(ProcessCounters).WithStat(stat).CpuTime);
        return (use, int.Parse(fields[1], CultureInfo.InvariantCulture));
    }

    private static bool IsProcess(string folder) => char.IsAsciiDigit(Path.GetFileName(folder)[0]);

    private static string? StatOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "stat"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended, or is nobody's business
        }
    }
}
