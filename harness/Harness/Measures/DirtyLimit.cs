using System.Globalization;

namespace Harness.Measures;

/// <summary>How much may be written to the page cache before the kernel makes writers wait for the disk.</summary>
internal static class DirtyLimit
{
    /// <summary>Bytes of dirty pages up to which nobody waits; null where the kernel does not tell.</summary>
    public static long? Read() => Of(File.ReadAllText("/proc/vmstat"));

    /// <summary>The middle of the two thresholds in the text of <c>/proc/vmstat</c>: below it balance_dirty_pages() lets writers go (mm/page-writeback.c).</summary>
    internal static long? Of(string vmstat) =>
        Pages(vmstat, "nr_dirty_threshold") is { } limit && Pages(vmstat, "nr_dirty_background_threshold") is { } background
            ? (limit + background) / 2 * Environment.SystemPageSize
            : null;

    private static long? Pages(string vmstat, string name) =>
        vmstat.Split('\n').FirstOrDefault(line => line.StartsWith(name + " ", StringComparison.Ordinal)) is { } line
            ? long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture)
            : null;
}
