namespace Harness.Measures;

/// <summary>What the runtime of one process did between two moments.</summary>
/// <param name="GcPause">All time for which its threads were stopped for garbage collections.</param>
/// <param name="GcPauseMax">The longest of these stops.</param>
/// <param name="Gen0">Collections of generation 0 only.</param>
/// <param name="Gen1">Collections of generations 0 and 1.</param>
/// <param name="Gen2">Collections of everything, those in the background too.</param>
public readonly record struct RuntimeUse(TimeSpan GcPause, TimeSpan GcPauseMax, int Gen0, int Gen1, int Gen2)
{
    /// <summary>Bytes of objects made in a second; null where none of the runtime's own intervals lay between the moments, as for the two below.</summary>
    public double? AllocatedBytesPerSecond { get; init; }

    /// <summary>How often in a second a thread had to wait for a lock (<c>Monitor</c>).</summary>
    public double? ContentionsPerSecond { get; init; }

    /// <summary>The most work items seen waiting for a thread of the pool, of the few times it looked.</summary>
    public double? QueueLengthMax { get; init; }
}

/// <summary>What a runtime tells of itself every few seconds.</summary>
internal enum RuntimeCounter
{
    AllocatedBytes,
    Contentions,
    QueueLength,
}
