using Perfolizer.Mathematics.Distributions.ContinuousDistributions;

namespace Harness.Statistics;

/// <summary>Whether a series goes up or down as a whole, and how far.</summary>
/// <remarks>The slope is Sen's (1968), the test Mann and Kendall's, its variance widened for a series whose neighbours are alike as
/// K. H. Hamed and A. R. Rao do (Journal of Hydrology 204, 1998): without it every slow wave would pass for a drift.</remarks>
/// <param name="Change">From the first value to the last along the slope, in the values' unit.</param>
/// <param name="PValue">How often a series without trend would seem to have one as clear as this, 0 to 1.</param>
internal sealed record Trend(double Change, double PValue)
{
    private const int LagsMax = 3;

    public static Trend Of(IReadOnlyList<double> series)
    {
        var n = series.Count;
        var slopes = new List<double>(n * (n - 1) / 2);
        var score = 0;
        for (var later = 1; later < n; later++)
            for (var earlier = 0; earlier < later; earlier++)
            {
                slopes.Add((series[later] - series[earlier]) / (later - earlier));
                score += Math.Sign(series[later] - series[earlier]);
            }

        var slope = Spread.Of(slopes.Order().Skip((slopes.Count - 1) / 2).Take(slopes.Count % 2 == 0 ? 2 : 1).ToList())!.Median;
        var variance = n * (n - 1) * (2 * n + 5) / 18.0 * Widening([.. series.Select((value, i) => value - slope * i)]);
        var z = (score - Math.Sign(score)) / Math.Sqrt(variance);
        return new Trend(slope * (n - 1), 2 * (1 - NormalDistribution.Standard.Cdf(Math.Abs(z))));
    }

    /// <summary>How many times the variance of independent values the score has, by the ranks of what is left without the slope.</summary>
    private static double Widening(double[] rest)
    {
        var n = rest.Length;
        var order = rest.Order().ToArray();
        var ranks = rest.Select(value => (double)Array.BinarySearch(order, value)).ToArray();
        var mean = ranks.Average();
        var all = ranks.Sum(rank => (rank - mean) * (rank - mean));
        if (all == 0) return 1;

        var sum = 0.0;
        for (var lag = 1; lag <= Math.Min(LagsMax, n / 4); lag++)
        {
            var alike = Enumerable.Range(0, n - lag).Sum(i => (ranks[i] - mean) * (ranks[i + lag] - mean)) / all;
            if (Math.Abs(alike) > 1.96 / Math.Sqrt(n)) sum += (n - lag) * (n - lag - 1.0) * (n - lag - 2) * alike;
        }

        // Neighbours that are unlike would narrow it: not believed.
        return Math.Max(1, 1 + 2 * sum / (n * (n - 1.0) * (n - 2)));
    }
}
