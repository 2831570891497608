namespace Harness.Results;

public enum ChartKind
{
    /// <summary>Achieved rate second by second, the offered rate marked; a line per cell, repeats faint behind the median.</summary>
    ThroughputOverTime,

    /// <summary>Latency over a percentile axis that stretches the tail; a line per cell, histograms of its repeats merged.</summary>
    LatencyPercentiles,

    /// <summary>A latency metric over the achieved rate; points joined in order of the offered rate.</summary>
    ThroughputLatency,

    /// <summary>p50, p99 and p99.9 over the achieved rate, with intervals, joined in order of the offered rate; three lines per other combination.</summary>
    ThroughputLatencyCurve,

    /// <summary>A metric per cell with its interval.</summary>
    Bars,

    /// <summary>A metric over the values of one axis, in their order and equally far apart; a line per other combination, with intervals.</summary>
    Curve,

    /// <summary>Cores used, stacked by process role, a bar per cell.</summary>
    CpuByProcess,

    /// <summary>Rate and longest latency by tenths of a second, the faults marked; for runs that had some, and after a restart.</summary>
    FaultTimeline,
}

/// <summary>One chart an experiment wants to see.</summary>
public sealed record ChartRequest
{
    public required ChartKind Kind { get; init; }

    public required string Title { get; init; }

    /// <summary>A name from <see cref="Harness.Results.Metric.All"/>; null where the kind needs none.</summary>
    public string? Metric { get; init; }

    /// <summary>The axis whose values become colours; null for one series per cell, or one in all where x takes the cells.</summary>
    public string? Series { get; init; }

    /// <summary>The axis along x for <see cref="ChartKind.Curve"/> and <see cref="ChartKind.Bars"/>; null for all cells of the latter.</summary>
    public string? X { get; init; }

    /// <summary>Draws only these cells, as <see cref="CellSelector"/> matches them.</summary>
    public IReadOnlyDictionary<string, string> Only { get; init; } = new Dictionary<string, string>();
}
