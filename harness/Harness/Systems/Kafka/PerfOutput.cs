using System.Globalization;
using System.Text.RegularExpressions;

namespace Harness.Systems.Kafka;

/// <summary>What <c>kafka-producer-perf-test.sh</c> says of the time since it last said something.</summary>
/// <param name="Records">Acknowledged in it.</param>
/// <param name="MaxMs">The longest from <c>send()</c> to the callback.</param>
internal sealed partial record PerfWindow(long Records, double MaxMs)
{
    /// <summary>Null for any other line.</summary>
    public static PerfWindow? Parse(string line) => Pattern().Match(line) is { Success: true } match
        ? new(long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture), double.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture))
        : null;

    [GeneratedRegex(@"^(\d+) records sent, [\d.]+ records/sec \([\d.]+ MB/sec\), [\d.]+ ms avg latency, ([\d.]+) ms max latency\.$")]
    private static partial Regex Pattern();
}

/// <summary>What it says in the end, of the whole run or of what came after its warm-up.</summary>
/// <param name="IsSteady">Whether the records of the warm-up are left out.</param>
/// <param name="Records">Acknowledged.</param>
/// <param name="PerSecond">The same by the second.</param>
/// <param name="Latency">From <c>send()</c> to the callback.</param>
internal sealed partial record PerfTotal(bool IsSteady, long Records, double PerSecond, PerfLatency Latency)
{
    /// <summary>Null for any other line.</summary>
    public static PerfTotal? Parse(string line)
    {
        if (Pattern().Match(line) is not { Success: true } match) return null;

        var latency = new PerfLatency(Number("avg"), Number("max"), Number("p50"), Number("p95"), Number("p99"), Number("p999"));
        return new(match.Groups["steady"].Success, (long)Number("records"), Number("rate"), latency);

        double Number(string group) => double.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^(?<records>\d+)(?<steady> steady state)? records sent, (?<rate>[\d.]+) records/sec \([\d.]+ MB/sec\), " +
        @"(?<avg>[\d.]+) ms avg latency, (?<max>[\d.]+) ms max latency, " +
        @"(?<p50>\d+) ms 50th, (?<p95>\d+) ms 95th, (?<p99>\d+) ms 99th, (?<p999>\d+) ms 99\.9th\.$")]
    private static partial Regex Pattern();
}

/// <summary>Milliseconds from <c>send()</c> to the callback as the tool counts them: whole ones for each record.</summary>
internal sealed record PerfLatency(double MeanMs, double MaxMs, double P50Ms, double P95Ms, double P99Ms, double P999Ms);

/// <summary>What <c>kafka-consumer-perf-test.sh</c> says in the end.</summary>
/// <param name="Records">Read.</param>
/// <param name="PerSecond">The same by the second, without the time in which it joined its group.</param>
internal sealed record PerfRead(long Records, double PerSecond)
{
    // start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
    private const int Fields = 10;
    private const int RecordsField = 4;
    private const int RateField = 9;

    /// <summary>Null for any other line, its header among them.</summary>
    public static PerfRead? Parse(string line) =>
        line.Split(',', StringSplitOptions.TrimEntries) is { Length: Fields } fields
            && long.TryParse(fields[RecordsField], NumberStyles.None, CultureInfo.InvariantCulture, out var records)
            && double.TryParse(fields[RateField], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate)
            ? new(records, rate)
            : null;
}
