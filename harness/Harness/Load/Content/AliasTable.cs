namespace Harness.Load.Content;

/// <summary>Draws one of n things by their weights in constant time. Source: Vose, "A linear algorithm for generating random numbers
/// with a given distribution", 1991.</summary>
internal sealed class AliasTable
{
    // Entry i is drawn when 32 random bits fall below its threshold; otherwise its alias is.
    private readonly uint[] _threshold;
    private readonly int[] _alias;

    public AliasTable(ReadOnlySpan<double> weights)
    {
        var count = weights.Length;
        _threshold = new uint[count];
        _alias = new int[count];

        var total = 0.0;
        foreach (var weight in weights) total += weight;

        var scaled = new double[count];
        Stack<int> small = new(), large = new();
        for (var i = 0; i < count; i++)
        {
            scaled[i] = weights[i] * count / total;
            (scaled[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            int low = small.Pop(), high = large.Pop();
            _threshold[low] = (uint)(scaled[low] * uint.MaxValue);
            _alias[low] = high;
            scaled[high] -= 1 - scaled[low];
            (scaled[high] < 1 ? small : large).Push(high);
        }

        // What is left is 1 but for rounding, or 0 when rounding spent the others too soon: that must still never be drawn.
        var heaviest = weights.IndexOf(Max(weights));
        foreach (var i in small.Concat(large)) (_threshold[i], _alias[i]) = scaled[i] > 0.5 ? (uint.MaxValue, i) : (0, heaviest);
    }

    public int Draw(ulong bits)
    {
        var index = (int)(((bits >> 32) * (ulong)_alias.Length) >> 32);
        return (uint)bits < _threshold[index] ? index : _alias[index];
    }

    private static double Max(ReadOnlySpan<double> weights)
    {
        var max = 0.0;
        foreach (var weight in weights) max = Math.Max(max, weight);
        return max;
    }
}
