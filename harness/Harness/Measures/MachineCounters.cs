using System.Globalization;

namespace Harness.Measures;

/// <summary>What the kernel counts for the whole machine and the disk under the data.</summary>
/// <param name="TotalTime">CPU time of all cores, idle included.</param>
/// <param name="BusyTime">CPU time spent running something here, on all cores.</param>
/// <param name="IoWaitTime">Idle while a disk request was under way.</param>
/// <param name="StealTime">Time the hypervisor gave to others: it moves tails more than most strategies do.</param>
/// <param name="DirtyBytes">Page cache not yet written, now.</param>
/// <param name="WritebackBytes">Page cache being written, now.</param>
/// <param name="CachedBytes">Page cache in all, now.</param>
/// <param name="DiskReadBytes">Read from the data's device.</param>
/// <param name="DiskWriteBytes">Written to the data's device.</param>
/// <param name="DiskBusyTime">Time the device had a request under way.</param>
/// <param name="LoopbackBytes">Bytes that went over the loopback of this network namespace.</param>
public readonly record struct MachineCounters(
    TimeSpan TotalTime, TimeSpan BusyTime, TimeSpan IoWaitTime, TimeSpan StealTime, long DirtyBytes, long WritebackBytes, long CachedBytes,
    long DiskReadBytes, long DiskWriteBytes, TimeSpan DiskBusyTime, long LoopbackBytes)
{
    /// <summary>The unit of /proc/diskstats whatever the device's own (Documentation/admin-guide/iostats.rst).</summary>
    private const int SectorBytes = 512;

    /// <summary>Reads them now.</summary>
    /// <param name="device">The device under the data, or null when it has none of its own (tmpfs, overlay).</param>
    public static MachineCounters Read(DeviceNumber? device) =>
        default(MachineCounters)
            .WithStat(File.ReadAllText("/proc/stat"))
            .WithMemory(File.ReadAllText("/proc/meminfo"))
            .WithDisk(File.ReadAllText("/proc/diskstats"), device)
            .WithNetwork(File.ReadAllText("/proc/net/dev"));

    /// <summary>What <see cref="Of"/> needs of another machine.</summary>
    internal static IReadOnlyList<string> Files { get; } = ["/proc/stat", "/proc/meminfo", "/proc/diskstats"];

    /// <summary>Another machine's, but its loopback; null where its files are not there.</summary>
    /// <param name="files">The texts of <see cref="Files"/> by their paths.</param>
    /// <param name="device">The device there under the data.</param>
    internal static MachineCounters? Of(IReadOnlyDictionary<string, string> files, DeviceNumber? device) =>
        files.TryGetValue(Files[0], out var stat) && files.TryGetValue(Files[1], out var memory)
            ? default(MachineCounters).WithStat(stat).WithMemory(memory).WithDisk(files.GetValueOrDefault(Files[2], ""), device)
            : null;

    /// <summary>What happened between <paramref name="earlier"/> and this; the page cache stays as it is now.</summary>
    public MachineCounters Since(in MachineCounters earlier) => new(
        TotalTime - earlier.TotalTime, BusyTime - earlier.BusyTime, IoWaitTime - earlier.IoWaitTime, StealTime - earlier.StealTime,
        DirtyBytes, WritebackBytes, CachedBytes,
        DiskReadBytes - earlier.DiskReadBytes, DiskWriteBytes - earlier.DiskWriteBytes, DiskBusyTime - earlier.DiskBusyTime,
        LoopbackBytes - earlier.LoopbackBytes);

    /// <summary>Adds the first line of <c>/proc/stat</c>: user nice system idle iowait irq softirq steal guest guest_nice.</summary>
    public MachineCounters WithStat(string stat)
    {
        var newline = stat.IndexOf('\n', StringComparison.Ordinal);
        var fields = (newline < 0 ? stat : stat[..newline]).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields[0] != "cpu") throw new FormatException($"not the text of /proc/stat: '{fields[0]}'");

        // Guest time is counted in user time already.
        var times = fields[1..9].Select(field => Kernel.Ticks(long.Parse(field, CultureInfo.InvariantCulture))).ToArray();
        var total = times.Aggregate(TimeSpan.Zero, (sum, time) => sum + time);
        var (idle, ioWait, steal) = (times[3], times[4], times[7]);
        return this with { TotalTime = total, BusyTime = total - idle - ioWait - steal, IoWaitTime = ioWait, StealTime = steal };
    }

    /// <summary>Adds what <c>/proc/meminfo</c> says, in KiB there.</summary>
    public MachineCounters WithMemory(string meminfo) => this with
    {
        DirtyBytes = Kernel.Field(meminfo, "Dirty") * 1024,
        WritebackBytes = Kernel.Field(meminfo, "Writeback") * 1024,
        CachedBytes = Kernel.Field(meminfo, "Cached") * 1024,
    };

    /// <summary>Adds the device's line of <c>/proc/diskstats</c>; all zero when it has none.</summary>
    public MachineCounters WithDisk(string diskstats, DeviceNumber? device)
    {
        foreach (var line in diskstats.Split('\n'))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (device is not { } wanted || fields.Length < 13 || Number(fields[0]) != wanted.Major || Number(fields[1]) != wanted.Minor) continue;

            return this with
            {
                DiskReadBytes = Number(fields[5]) * SectorBytes,
                DiskWriteBytes = Number(fields[9]) * SectorBytes,
                DiskBusyTime = TimeSpan.FromMilliseconds(Number(fields[12])),
            };
        }

        return this;
    }

    /// <summary>Adds what <c>lo</c> sent by <c>/proc/net/dev</c>: eight columns of receiving, then bytes sent; all zero without it.</summary>
    public MachineCounters WithNetwork(string dev)
    {
        const string loopback = "lo:";
        return dev.Split('\n').Select(line => line.TrimStart()).FirstOrDefault(line => line.StartsWith(loopback, StringComparison.Ordinal)) is { } found
            ? this with { LoopbackBytes = Number(found[loopback.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[8]) }
            : this;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
