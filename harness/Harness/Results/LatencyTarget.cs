using System.Text.RegularExpressions;
using Engine.Core.Strategies;

namespace Harness.Results;

/// <summary>What a latency may be at most: <c>p99 &lt;= 10ms</c>.</summary>
/// <param name="Metric">The latency, by its name in <see cref="Results.Metric.All"/>.</param>
/// <param name="LimitMs">The most it may be.</param>
public sealed partial record LatencyTarget(string Metric, double LimitMs)
{
    private static readonly Metric[] Latencies =
    [
        Results.Metric.P50, Results.Metric.P90, Results.Metric.P99, Results.Metric.P999, Results.Metric.Max,
        Results.Metric.EndToEndP50, Results.Metric.EndToEndP99, Results.Metric.EndToEndMax,
    ];

    /// <summary>Whether a run's latency is within it; null for a run that has no such latency.</summary>
    public bool? IsMetBy(RunRow run) => Value(run) is { } value ? value <= LimitMs : null;

    /// <summary>The latency in question, in milliseconds.</summary>
    public double? Value(RunRow run) => Results.Metric.Find(Metric).Of(run);

    /// <summary>As it is written on the command line.</summary>
    public override string ToString() => $"{Metric} <= {Quantity.Format(TimeSpan.FromMilliseconds(LimitMs))}";

    /// <exception cref="FormatException">It is no target; the message says what one looks like.</exception>
    public static LatencyTarget Parse(string text)
    {
        var parts = Form().Match(text);
        if (!parts.Success || Quantity.ParseDuration(parts.Groups["limit"].Value) is not { } limit || limit <= TimeSpan.Zero)
            throw new FormatException("write a latency and the most it may be with its unit, such as \"p99 <= 10ms\"");

        var name = parts.Groups["metric"].Value;
        return Latencies.Any(latency => latency.Name == name)
            ? new LatencyTarget(name, limit.TotalMilliseconds)
            : throw new FormatException($"'{name}' is no latency of a load: choose {string.Join(", ", Latencies.Select(latency => latency.Name))}");
    }

    [GeneratedRegex(@"^\s*(?<metric>[\w.\-]+)\s*<=?\s*(?<limit>.+?)\s*$")]
    private static partial Regex Form();
}
