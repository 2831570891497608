namespace Harness.Load.Content;

/// <summary>A distribution of sizes as a table of its quantiles at equal distances: drawing is one look-up.</summary>
internal static class SizeTable
{
    private const int Entries = 1 << 14;

    public static int[] Uniform(long min, int max)
    {
        if (min > max) throw new FormatException($"uniform({min}B, {max}B): the smaller size comes first");
        return Table(share => min + Math.Floor(share * (max - min + 1)), max);
    }

    /// <summary>Sizes whose logarithm is normal; half are smaller than <paramref name="median"/>. Clamped to 1 and <paramref name="max"/>.</summary>
    public static int[] LogNormal(int median, double sigma, int max) =>
        Table(share => Math.Round(median * Math.Exp(sigma * NormalQuantile(share))), max);

    /// <summary>Sizes with a heavy tail: the chance of more than x falls with x to the power of <paramref name="alpha"/> (a bounded Pareto distribution).</summary>
    /// <exception cref="FormatException">The smallest is 0 or more than the largest, or alpha is 0.</exception>
    public static int[] Pareto(long min, double alpha, int max)
    {
        if (min < 1 || min >= max || alpha <= 0) throw new FormatException($"pareto({min}B, {alpha}, {max}B): min is at least 1B and less than max, alpha more than 0");

        var tail = 1 - Math.Pow((double)min / max, alpha);
        return Table(share => Math.Round(min * Math.Pow(1 - share * tail, -1 / alpha)), max);
    }

    private static int[] Table(Func<double, double> quantile, int max)
    {
        var table = new int[Entries];
        for (var i = 0; i < Entries; i++) table[i] = (int)Math.Clamp(quantile((i + 0.5) / Entries), Math.Min(1, max), max);
        return table;
    }

    // Newton's method on the normal distribution's own function, from a logistic guess; exact to double precision in a few
    // steps for the shares that a table of this length asks for (|x| < 4.2).
    private static double NormalQuantile(double share)
    {
        var x = Math.Log(share / (1 - share)) / 1.702;
        for (var i = 0; i < 20; i++)
        {
            var step = (NormalCumulative(x) - share) / (Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
            x -= Math.Clamp(step, -0.5, 0.5);
            if (Math.Abs(step) < 1e-12) break;
        }

        return x;
    }

    // Marsaglia, "Evaluating the normal distribution", 2004: 1/2 + density * (x + x^3/3 + x^5/(3*5) + ...).
    private static double NormalCumulative(double x)
    {
        double sum = x, term = x;
        for (var i = 3; Math.Abs(term) > 1e-17; i += 2)
        {
            term *= x * x / i;
            sum += term;
        }

        return 0.5 + sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);
    }
}
