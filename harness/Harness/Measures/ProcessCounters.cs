using System.Globalization;

namespace Harness.Measures;

/// <summary>The CPU time of one thread, and the name it gave itself (at most 15 characters).</summary>
public sealed record ThreadUse(string Name, TimeSpan CpuTime);

/// <summary>What the kernel has counted for one process since it started, all its threads together.</summary>
/// <param name="UserTime">CPU time in user mode (<c>/proc/PID/stat</c>).</param>
/// <param name="SystemTime">CPU time in the kernel on its behalf.</param>
/// <param name="RunnableWait">Time its threads were ready but had no CPU (<c>schedstat</c>, second field).</param>
/// <param name="VoluntarySwitches">It waited for something.</param>
/// <param name="InvoluntarySwitches">It was taken off the CPU.</param>
/// <param name="MinorFaults">Page faults served without the disk.</param>
/// <param name="MajorFaults">Page faults that waited for the disk.</param>
/// <param name="ReadCharsBytes">Bytes asked of read-like calls, cache or not (<c>rchar</c>). sendfile counts here too.</param>
/// <param name="WriteCharsBytes">Bytes given to write-like calls (<c>wchar</c>).</param>
/// <param name="ReadCalls">Read-like system calls (<c>syscr</c>).</param>
/// <param name="WriteCalls">Write-like system calls (<c>syscw</c>).</param>
/// <param name="DiskReadBytes">Bytes fetched from the storage layer (<c>read_bytes</c>).</param>
/// <param name="DiskWriteBytes">Bytes dirtied that have to reach the storage layer (<c>write_bytes</c>).</param>
/// <param name="ResidentBytes">Memory resident now, not a count.</param>
/// <param name="Threads">Threads now, not a count.</param>
public readonly record struct ProcessCounters(
    TimeSpan UserTime, TimeSpan SystemTime, TimeSpan RunnableWait, long VoluntarySwitches, long InvoluntarySwitches,
    long MinorFaults, long MajorFaults, long ReadCharsBytes, long WriteCharsBytes, long ReadCalls, long WriteCalls,
    long DiskReadBytes, long DiskWriteBytes, long ResidentBytes, int Threads)
{
    public TimeSpan CpuTime => UserTime + SystemTime;

    /// <summary>CPU time of each thread by its id, ended ones too; null where threads were not looked at.</summary>
    public IReadOnlyDictionary<int, ThreadUse>? ThreadUses { get; init; }

    /// <summary>What happened between <paramref name="earlier"/> and this; memory and threads stay as they are now.</summary>
    public ProcessCounters Since(in ProcessCounters earlier) => new(
        UserTime - earlier.UserTime, SystemTime - earlier.SystemTime, RunnableWait - earlier.RunnableWait,
        VoluntarySwitches - earlier.VoluntarySwitches, InvoluntarySwitches - earlier.InvoluntarySwitches,
        MinorFaults - earlier.MinorFaults, MajorFaults - earlier.MajorFaults,
        ReadCharsBytes - earlier.ReadCharsBytes, WriteCharsBytes - earlier.WriteCharsBytes,
        ReadCalls - earlier.ReadCalls, WriteCalls - earlier.WriteCalls,
        DiskReadBytes - earlier.DiskReadBytes, DiskWriteBytes - earlier.DiskWriteBytes, ResidentBytes, Threads);

    /// <summary>The thread that had the most CPU time since <paramref name="earlier"/>; null where threads were not looked at.</summary>
    /// <remarks>One thread at its limit holds up a process that has cores to spare.</remarks>
    public ThreadUse? BusiestThreadSince(in ProcessCounters earlier)
    {
        var before = earlier.ThreadUses;
        return ThreadUses?
            .Select(thread => before?.GetValueOrDefault(thread.Key) is { } then ? thread.Value with { CpuTime = thread.Value.CpuTime - then.CpuTime } : thread.Value)
            .MaxBy(thread => thread.CpuTime);
    }

    /// <summary>Adds what <c>/proc/PID/stat</c> says; its times cover every thread, ended ones too.</summary>
    /// <exception cref="FormatException">The text is not of that file.</exception>
    public ProcessCounters WithStat(string stat)
    {
        // The second field is the command in parentheses and may itself hold spaces and parentheses: count from the last one.
        var close = stat.LastIndexOf(')');
        if (close < 0) throw new FormatException($"not the text of /proc/PID/stat: '{stat}'");

        var fields = stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return this with
        {
            // proc(5) numbers fields from 1, the first after the command is the third.
            MinorFaults = Number(fields[10 - 3]),
            MajorFaults = Number(fields[12 - 3]),
            UserTime = Kernel.Ticks(Number(fields[14 - 3])),
            SystemTime = Kernel.Ticks(Number(fields[15 - 3])),
            Threads = (int)Number(fields[20 - 3]),
            ResidentBytes = Number(fields[24 - 3]) * Environment.SystemPageSize,
        };
    }

    /// <summary>Adds what <c>/proc/PID/io</c> says; it covers every thread, ended ones too.</summary>
    public ProcessCounters WithIo(string io) => this with
    {
        ReadCharsBytes = Kernel.Field(io, "rchar"),
        WriteCharsBytes = Kernel.Field(io, "wchar"),
        ReadCalls = Kernel.Field(io, "syscr"),
        WriteCalls = Kernel.Field(io, "syscw"),
        DiskReadBytes = Kernel.Field(io, "read_bytes"),
        DiskWriteBytes = Kernel.Field(io, "write_bytes"),
    };

    private static long Number(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
