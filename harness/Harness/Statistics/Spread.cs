using System.Globalization;
using Perfolizer;
using Perfolizer.Mathematics.Common;
using Perfolizer.Mathematics.QuantileEstimators;

namespace Harness.Statistics;

public enum SpreadKind
{
    /// <summary>95 % confidence interval of the median.</summary>
    Confidence,

    /// <summary>Lowest to highest value seen: too few runs for an interval.</summary>
    Range,
}

/// <summary>The middle of repeated measurements and how far it can be trusted.</summary>
/// <remarks>
/// From six values on the median is Harrell and Davis's and its interval Maritz and Jarrett's, both of Perfolizer. Below six no
/// 95 % interval of a median exists unless a shape is assumed (even lowest to highest covers it only with 1 - 2 (1/2)^n, 94 % for
/// five): the plain median and the range are given instead, called what they are, and can be checked against the table by eye.
/// </remarks>
public sealed record Spread(double Median, double Low, double High, SpreadKind Kind, int Count)
{
    public const int CountForConfidence = 6;

    /// <summary>Null for no values.</summary>
    public static Spread? Of(IReadOnlyList<double> values)
    {
        if (values.Count == 0) return null;

        if (values.Count < CountForConfidence) return new Spread(Middle(values), values.Min(), values.Max(), SpreadKind.Range, values.Count);

        var sample = new Sample(values);
        // Held to the range: the estimator's weights sum to 1 within 1e-8 only, which would put equal values beside themselves.
        var median = Math.Clamp(HarrellDavisQuantileEstimator.Instance.Quantile(sample, 0.5), values.Min(), values.Max());
        var interval = HarrellDavisQuantileEstimator.Instance.QuantileConfidenceIntervalEstimator(sample, 0.5).ConfidenceInterval(ConfidenceLevel.L95);
        // Nor wider than what was seen, which holds the median with 1 - 2 (1/2)^n by itself: a latency's interval stays above zero.
        return new Spread(median, Math.Max(interval.Lower, values.Min()), Math.Min(interval.Upper, values.Max()), SpreadKind.Confidence, values.Count);
    }

    public Spread Map(Func<double, double> increasing) => this with { Median = increasing(Median), Low = increasing(Low), High = increasing(High) };

    /// <summary>What the interval is, for captions and tables: <c>95 % confidence, n = 7</c>.</summary>
    public string KindText => Count == 1 ? "one run" : Kind == SpreadKind.Confidence
        ? string.Create(CultureInfo.InvariantCulture, $"95 % confidence, n = {Count}")
        : string.Create(CultureInfo.InvariantCulture, $"lowest to highest, n = {Count}");

    private static double Middle(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
