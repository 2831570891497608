namespace Harness.Results;

/// <summary>A search for the highest offered rate that meets a latency, as the result keeps it.</summary>
public sealed record SaturationFacts
{
    public required LatencyTarget Target { get; init; }

    /// <summary>How close the lowest rate that misses was to come to the highest that meets it, as a share.</summary>
    public required double Precision { get; init; }

    /// <summary>Runs that the rates at the end were to be confirmed by.</summary>
    public required int Confirmations { get; init; }

    /// <summary>What was found, for every combination of the plan's other axes.</summary>
    public IReadOnlyList<SaturationFound> Found { get; init; } = [];
}

/// <summary>The highest offered rate of one combination that met the target.</summary>
public sealed record SaturationFound
{
    /// <summary>The combination, without its rate; empty values where nothing else was varied.</summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }

    /// <summary>The highest rate that met it; null where none did.</summary>
    public double? RecordsPerSecond { get; init; }

    /// <summary>Runs at that rate that met it, and all there were.</summary>
    public int Met { get; init; }

    public int Runs { get; init; }

    /// <summary>The lowest rate that missed it; null where none did.</summary>
    public double? MissedAt { get; init; }

    /// <summary>Whether both rates stand by all the runs that were to confirm them.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>What limited the runs that missed it, as <see cref="RunRow.Bottleneck"/> names it with its evidence.</summary>
    public string Limit { get; init; } = "";

    /// <summary>In a sentence: <c>p99 &lt;= 10ms is met up to 1.02M records/s (3 of 3 runs), and missed at 1.07M records/s</c>.</summary>
    public string Text(LatencyTarget target)
    {
        var sentence = (RecordsPerSecond, MissedAt) switch
        {
            (null, null) => $"{target}: nothing was measured",
            (null, { } missed) => $"{target} was missed at every rate, down to {Rate(missed)}",
            ({ } met, null) => $"{target} is met up to {Rate(met)} ({Met} of {Runs} runs), the highest rate that could be tried",
            ({ } met, { } missed) => $"{target} is met up to {Rate(met)} ({Met} of {Runs} runs), and missed at {Rate(missed)}",
        };
        return sentence + (RecordsPerSecond is not null && !IsConfirmed ? "; not confirmed" : "");
    }

    private static string Rate(double recordsPerSecond) => $"{Figure.Exact(recordsPerSecond)} records/s";
}
