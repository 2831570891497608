namespace Harness.Plans;

/// <summary>How long and how often a cell runs.</summary>
/// <param name="Warmup">Under the same load, before anything counts.</param>
/// <param name="Measure">What counts.</param>
/// <param name="Repeats">Runs of each cell, each with new processes and new data.</param>
public sealed record Schedule(TimeSpan Warmup, TimeSpan Measure, int Repeats);
