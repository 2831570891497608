namespace Harness.Statistics;

/// <summary>How the two rank statistics of Wilcoxon fall when nothing differs, counted exactly.</summary>
/// <remarks>Recurrences of M. Hollander, D. Wolfe, E. Chicken, Nonparametric Statistical Methods, 3rd ed., chapters 3 and 4.</remarks>
internal static class RankCounts
{
    /// <summary>Orderings by signed-rank sum: entry v counts the sign patterns of <paramref name="count"/> values whose positive ranks add up to v.</summary>
    public static double[] OfSignedRanks(int count)
    {
        var ways = new double[count * (count + 1) / 2 + 1];
        ways[0] = 1;
        for (var rank = 1; rank <= count; rank++)
            for (var sum = ways.Length - 1; sum >= rank; sum--)
                ways[sum] += ways[sum - rank];
        return ways;
    }

    /// <summary>Orderings by Mann and Whitney's U: entry u counts those in which u of the pairs have the first sample's value above the second's.</summary>
    public static double[] OfRankSums(int first, int second)
    {
        // The largest of all values is of the first sample, and then above all of the second, or it is of the second.
        var shorter = Enumerable.Range(0, second + 1).Select(_ => new double[] { 1 }).ToArray();
        for (var i = 1; i <= first; i++)
        {
            var current = new double[second + 1][];
            current[0] = [1];
            for (var j = 1; j <= second; j++)
            {
                current[j] = new double[i * j + 1];
                for (var u = 0; u < shorter[j].Length; u++) current[j][u + j] += shorter[j][u];
                for (var u = 0; u < current[j - 1].Length; u++) current[j][u] += current[j - 1][u];
            }

            shorter = current;
        }

        return shorter[second];
    }

    /// <summary>How many of the ordered values an interval of this confidence leaves out on each side; null when even all of them do not reach it.</summary>
    public static int? LeftOut(double[] ways, double confidence)
    {
        var tail = (1 - confidence) / 2 * ways.Sum();
        var (below, left) = (0.0, 0);
        while (left < ways.Length && below + ways[left] <= tail) below += ways[left++];
        return left == 0 ? null : left - 1;
    }
}
