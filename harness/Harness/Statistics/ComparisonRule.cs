using Harness.Results;

namespace Harness.Statistics;

/// <summary>How two sets of runs are compared.</summary>
public sealed record ComparisonRule
{
    /// <summary>The share of the base from which on a difference matters; what is surely less counts as none. 0.05 is 5 %.</summary>
    public double Threshold { get; init; } = 0.05;

    /// <summary>How often intervals made like this hold the true difference, 0 to 1.</summary>
    public double Confidence { get; init; } = 0.95;

    /// <summary>The least difference that the measure can tell, in its unit: below it a ratio says nothing.</summary>
    public double Resolution { get; init; }

    /// <summary>The usual rule for a metric.</summary>
    public static ComparisonRule For(Metric metric) => new() { Resolution = metric.Resolution };

    /// <summary>So strict that one set of <paramref name="comparisons"/> in twenty (at 95 %) has any that says falsely that something differs
    /// (Bonferroni).</summary>
    public ComparisonRule AllOf(int comparisons) => this with { Confidence = 1 - (1 - Confidence) / Math.Max(1, comparisons) };
}

public enum ComparisonVerdict
{
    /// <summary>The interval leaves no room for a difference as large as the threshold.</summary>
    NoDifference,

    /// <summary>The interval leaves equality out.</summary>
    Differs,

    /// <summary>Equality and a difference that matters are both possible: repeats are needed.</summary>
    Undecided,
}
