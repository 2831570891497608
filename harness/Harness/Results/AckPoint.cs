namespace Harness.Results;

/// <summary>What was acknowledged in a tenth of a second: a line of <c>acks/CELL-REPEAT.csv</c>, fine enough to see a leader change.</summary>
public sealed record AckPoint
{
    /// <summary>End of the interval, in seconds since measuring began; the warm-up is negative.</summary>
    public required double Second { get; init; }

    /// <summary>Records per second in it.</summary>
    public required double AckedPerSecond { get; init; }

    /// <summary>The longest that a record acknowledged in it had waited since its intended send time; null when there was none.</summary>
    public double? WorstMs { get; init; }
}
