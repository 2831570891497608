using Perfolizer;
using Perfolizer.Mathematics.Multimodality;
using Perfolizer.Mathematics.OutlierDetection;

namespace Harness.Statistics;

/// <summary>What a middle hides about repeated measurements: runs far off the others, and several heaps instead of one.</summary>
/// <remarks>
/// Outliers are by double MAD (Perfolizer), which allows for a longer tail on one side. Modes are by Lowland (Perfolizer; A. Akinshin 2020), which
/// sees nothing in fewer than <see cref="CountForLowland"/> values; below, two heaps are said to be where the widest gap is several times as wide
/// as either side of it. Neither is told from a handful, and nothing counts that lies within <see cref="Alike"/> of the rest.
/// </remarks>
/// <param name="Outliers">Positions in the list that was given; null when there were too few values to tell.</param>
/// <param name="Modes">Where the heaps are, ascending; a single one, or null when there were too few values to tell.</param>
public sealed record SampleShape(IReadOnlyList<int>? Outliers, IReadOnlyList<double>? Modes)
{
    public const int CountForOutliers = 5;

    public const int CountForModes = 2 * HeapMin;

    private const int CountForLowland = 30;

    private const int HeapMin = 3;

    /// <summary>How many times a heap is as wide as the gap beside it.</summary>
    private const double GapToHeap = 3;

    /// <summary>As a share of the middle: what differs less is alike, however narrow the rest is.</summary>
    private const double Alike = 0.05;

    public bool IsMultimodal => Modes is { Count: > 1 };

    public static SampleShape Of(IReadOnlyList<double> values) => new(OutliersOf(values), ModesOf(values));

    private static List<int>? OutliersOf(IReadOnlyList<double> values)
    {
        if (values.Count < CountForOutliers) return null;

        var detector = DoubleMadOutlierDetector.Create([.. values]);
        var middle = Spread.Of(values)!.Median;
        return
        [
            .. Enumerable.Range(0, values.Count)
                .Where(i => (detector.IsLowerOutlier(values[i]) || detector.IsUpperOutlier(values[i])) && Math.Abs(values[i] - middle) > Alike * Math.Abs(middle)),
        ];
    }

    private static double[]? ModesOf(IReadOnlyList<double> values)
    {
        if (values.Count < CountForModes) return null;

        var middle = Spread.Of(values)!.Median;
        if (values.Max() - values.Min() <= Alike * Math.Abs(middle)) return [middle];

        return values.Count < CountForLowland
            ? HeapsOf([.. values.Order()]) ?? [middle]
            : [.. LowlandModalityDetector.Instance.DetectModes(new Sample(values)).Modes.Select(mode => mode.Location)];
    }

    private static double[]? HeapsOf(double[] ordered)
    {
        var cut = Enumerable.Range(HeapMin, ordered.Length - 2 * HeapMin + 1).MaxBy(i => ordered[i] - ordered[i - 1]);
        var gap = ordered[cut] - ordered[cut - 1];
        return gap >= GapToHeap * Math.Max(ordered[cut - 1] - ordered[0], ordered[^1] - ordered[cut])
            ? [Spread.Of(ordered[..cut])!.Median, Spread.Of(ordered[cut..])!.Median]
            : null;
    }
}
