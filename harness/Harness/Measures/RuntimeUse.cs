namespace Harness.Measures;

/// <summary>What the runtime of one process did between two moments.</summary>
/// <param name="GcPause">All time for which its threads were stopped for garbage collections.</param>
/// <param name="GcPauseMax">The longest of these stops.</param>
/// <param name="Gen0">Collections of generation 0 only.</param>
/// <param name="Gen1">Collections of generations 0 and 1.</param>
/// <param name="Gen2">Collections of everything, those in the background too.</param>
public readonly record struct RuntimeUse(TimeSpan GcPause, TimeSpan GcPauseMax, int Gen0, int Gen1, int Gen2);
