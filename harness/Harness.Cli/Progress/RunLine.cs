using System.Globalization;
using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Runs.Limits;

namespace Harness.Cli.Progress;

/// <summary>A run and its seconds in a line for people.</summary>
internal static class RunLine
{
    /// <summary>How much a campaign is; the number of runs is 0 where nobody can know it.</summary>
    public static string Extent(Campaign campaign, int runs) => runs == 0 ? "as many runs as it takes" : $"{campaign.Cells.Count} cells, {runs} runs";

    /// <summary>Which run it is, and of how many where that is known.</summary>
    public static string Place(int number, int total) => total == 0 ? $"{number}" : $"{number}/{total}";

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
        if (row.Bottleneck.Length > 0) parts.Add("limit: " + (row.Bottleneck == LimitJudge.None ? row.Bottleneck : row.BottleneckText));
        if (row.LimitWarning.Length > 0) parts.Add("WARNING: " + row.LimitWarning);
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
