using Perfolizer;
using Perfolizer.Mathematics.Distributions.ContinuousDistributions;
using Perfolizer.Mathematics.GenericEstimators;

namespace Harness.Statistics;

/// <summary>Where the middle of differences lies, with an interval.</summary>
/// <remarks>
/// <para>With enough values for it, Hodges and Lehmann's estimate (Perfolizer's) with the exact interval by ranks: the ordered Walsh averages
/// of pairs cut off by Wilcoxon's signed ranks, the ordered differences of two samples by Mann and Whitney's (Hollander, Wolfe,
/// Chicken, Nonparametric Statistical Methods, 3rd ed., 3.3 and 4.3; Hodges and Lehmann 1963). They ask for no shape but symmetric
/// differences, which runs of the same thing have, and one wild run does not move them far. For 95 % that takes six pairs, or four
/// values against four.</para>
/// <para>With fewer no interval exists without a shape: Student's t of the differences is taken, Welch's where there are two samples
/// (Welch 1947). Of three values it is wide, as it must be; of one it is all there is.</para>
/// </remarks>
internal static class Location
{
    /// <summary>The middle of differences between partners.</summary>
    public static Estimate OfDifferences(IReadOnlyList<double> differences, double confidence)
    {
        if (RankCounts.LeftOut(RankCounts.OfSignedRanks(differences.Count), confidence) is not { } leftOut) return Student(differences, confidence);

        var averages = differences.SelectMany((value, i) => differences.Take(i + 1).Select(other => (value + other) / 2)).Order().ToArray();
        return Cut(averages, leftOut, HodgesLehmannEstimator.Instance.Median(new Sample(differences)));
    }

    /// <summary>How far <paramref name="these"/> lie above <paramref name="bases"/>, of which none belongs to another.</summary>
    public static Estimate OfShift(IReadOnlyList<double> these, IReadOnlyList<double> bases, double confidence)
    {
        if (RankCounts.LeftOut(RankCounts.OfRankSums(these.Count, bases.Count), confidence) is not { } leftOut) return Welch(these, bases, confidence);

        var differences = these.SelectMany(value => bases.Select(other => value - other)).Order().ToArray();
        return Cut(differences, leftOut, HodgesLehmannEstimator.Instance.Shift(new Sample(these), new Sample(bases)));
    }

    // Held to the interval: both are exact, but rounded in different places.
    private static Estimate Cut(double[] ordered, int leftOut, double value) =>
        new(Math.Clamp(value, ordered[leftOut], ordered[^(leftOut + 1)]), ordered[leftOut], ordered[^(leftOut + 1)]);

    private static Estimate Student(IReadOnlyList<double> values, double confidence)
    {
        var mean = values.Average();
        return Around(mean, Math.Sqrt(Variance(values) / values.Count), values.Count - 1, confidence);
    }

    private static Estimate Welch(IReadOnlyList<double> these, IReadOnlyList<double> bases, double confidence)
    {
        var (own, other) = (Variance(these) / these.Count, Variance(bases) / bases.Count);
        var freedom = own + other > 0
            ? (own + other) * (own + other) / (own * own / (these.Count - 1) + other * other / (bases.Count - 1))
            : these.Count + bases.Count - 2;
        return Around(these.Average() - bases.Average(), Math.Sqrt(own + other), these.Count < 2 || bases.Count < 2 ? 0 : freedom, confidence);
    }

    private static Estimate Around(double mean, double error, double freedom, double confidence)
    {
        if (freedom < 1) return new Estimate(mean, double.NegativeInfinity, double.PositiveInfinity);

        var reach = error > 0 ? error * new StudentDistribution(freedom).Quantile((1 + confidence) / 2) : 0;
        return new Estimate(mean, mean - reach, mean + reach);
    }

    private static double Variance(IReadOnlyList<double> values)
    {
        var mean = values.Average();
        return values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1);
    }
}
