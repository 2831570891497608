using System.Globalization;
using Harness.Load;
using Harness.Results;

namespace Harness.Cli.Progress;

/// <summary>A run and its seconds in a line for people.</summary>
internal static class RunLine
{
    public static string Of(RunRow row)
    {
        if (!row.Sound) return "FAILED: " + FirstLine(row.Reason);

        var parts = new List<string> { row.Role(ProcessRole.Files) is null ? Rate(row.AchievedPerSecond) : $"{row.AchievedPerSecond:N0} operations/s" };
        if (row.OfferedPerSecond is { } offered && row.AchievedPerSecond < 0.99 * offered) parts[0] += $" of {Rate(offered)} offered";
        if (row.P50Ms is { } p50 && row.P99Ms is { } p99) parts.Add($"p50 {Milliseconds(p50)}, p99 {Milliseconds(p99)}");
        if (row.OfferedPerSecond is null) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{row.GoodputBytes / row.MeasuredSeconds / 1e6:N0} MB/s"));
        if (row.CpuSecondsPerGb is { } cpu) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{cpu:0.###} CPU s/GB"));
        parts.Add(string.Create(CultureInfo.InvariantCulture, $"{row.Processes.Sum(process => process.Cores):0.00} cores"));
        if (row.Stationary == false) parts.Add("drifted: " + row.Drift);
        if (row.Bottleneck.Length > 0) parts.Add("limit: " + row.Bottleneck);
        return string.Join(", ", parts);
    }

    public static string Of(LoadSecond second)
    {
        var rate = Rate(Math.Max(second.AckedRecords, second.ReadRecords));
        return second.P99 is { } p99 ? $"{rate}, p99 {Milliseconds(p99.TotalMilliseconds)}" : rate;
    }

    /// <summary>Errors carry a log's tail below their first line; the row keeps all of it.</summary>
    public static string FirstLine(string text) => text.Split('\n')[0];

    private static string Rate(double recordsPerSecond) => recordsPerSecond.ToString("N0", CultureInfo.InvariantCulture) + " records/s";

    private static string Milliseconds(double value) => value.ToString(value < 10 ? "0.00" : "0.0", CultureInfo.InvariantCulture) + " ms";
}
