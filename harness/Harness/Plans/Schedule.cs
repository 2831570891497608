namespace Harness.Plans;

/// <summary>How long and how often a cell runs.</summary>
/// <param name="Warmup">Under the same load, before anything counts.</param>
/// <param name="Measure">What counts.</param>
/// <param name="Repeats">Runs of each cell at the least, each with new processes and new data.</param>
public sealed record Schedule(TimeSpan Warmup, TimeSpan Measure, int Repeats)
{
    /// <summary>How far each end of a median's interval may be from it, as a share of it: rounds go on until all are. Null where
    /// <see cref="Repeats"/> decides.</summary>
    public double? Precision { get; init; }

    /// <summary>Names of the metrics that have to be so precise; empty for those that the plan's checks and charts are about.</summary>
    public IReadOnlyList<string> PrecisionOf { get; init; } = [];

    /// <summary>How long the whole campaign may take, from its first run on; what <see cref="Repeats"/> asks for is made whatever it takes.
    /// Null for no more rounds than that.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Whether the machine's limits are measured before the campaign and after it; null: where runs are long enough to be worth it,
    /// see <see cref="Campaign.IsCalibrated"/>.</summary>
    public bool? Calibrate { get; init; }

    /// <summary>The number of the first repeat: with the campaign's seed a run can be made again by its number.</summary>
    public int FirstRepeat { get; init; } = 1;
}
