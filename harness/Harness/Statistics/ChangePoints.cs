using Perfolizer.Mathematics.Cpd;

namespace Harness.Statistics;

/// <summary>Where the level or the spread of a series changes.</summary>
public static class ChangePoints
{
    private const int StretchMin = 3;

    /// <summary>How many values come before each change, ascending; empty when the series is of one piece or too short.</summary>
    public static IReadOnlyList<int> Of(IReadOnlyList<double> series)
    {
        var stretch = Math.Max(StretchMin, series.Count / 10);
        // The detector gives the index of the last value before a change.
        return series.Count < 2 * stretch ? [] : [.. EdPeltChangePointDetector.Instance.GetChangePointIndexes([.. series], stretch).Select(index => index + 1)];
    }
}
