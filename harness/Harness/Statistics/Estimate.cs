namespace Harness.Statistics;

/// <summary>A value and the interval that holds the true one; from minus to plus infinity where nothing can be said.</summary>
public sealed record Estimate(double Value, double Low, double High)
{
    /// <summary>Whether anything is excluded at all.</summary>
    public bool IsBounded => double.IsFinite(Low) && double.IsFinite(High);

    public bool Contains(double value) => Low <= value && value <= High;

    public bool IsWithin(double low, double high) => low <= Low && High <= high;

    public Estimate Map(Func<double, double> increasing) => new(increasing(Value), increasing(Low), increasing(High));
}
