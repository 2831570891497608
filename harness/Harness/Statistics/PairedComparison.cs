using Harness.Results;

namespace Harness.Statistics;

/// <summary>One cell against another, run by run: repeats are interleaved, so runs of one repeat saw the same state of the machine.</summary>
/// <remarks>The spread of this / base, for limits to be held against; <see cref="Comparison"/> says whether the two differ at all.
/// Drift that both cells share cancels in the pairs; it would not in a comparison of medians.</remarks>
public sealed record PairedComparison(Spread Ratio)
{
    public int Pairs => Ratio.Count;

    /// <summary>Null when no repeat has a sound run with the metric in both cells, or the base is not above zero.</summary>
    public static PairedComparison? Of(IEnumerable<RunRow> these, IEnumerable<RunRow> bases, Metric metric)
    {
        var pairs = PairsOf(these, bases, metric).Where(pair => pair.Base > 0).ToList();
        if (pairs.Count == 0) return null;

        return new PairedComparison(Around([.. pairs.Select(pair => pair.This / pair.Base)]));
    }

    /// <summary>The metric in both cells, of repeats that have it in a sound run of each.</summary>
    public static IReadOnlyList<(double This, double Base)> PairsOf(IEnumerable<RunRow> these, IEnumerable<RunRow> bases, Metric metric)
    {
        var byRepeat = Values(bases, metric);
        return [.. Values(these, metric).Where(own => byRepeat.ContainsKey(own.Key)).Select(own => (own.Value, byRepeat[own.Key]))];
    }

    /// <summary>The ratio between two cells by that between two others, repeat by repeat; null when no repeat has all four.</summary>
    public static Spread? RatioOfRatios(
        (IEnumerable<RunRow> These, IEnumerable<RunRow> Bases) first, (IEnumerable<RunRow> These, IEnumerable<RunRow> Bases) second, Metric metric)
    {
        var (a, b, c, d) = (Values(first.These, metric), Values(first.Bases, metric), Values(second.These, metric), Values(second.Bases, metric));
        var ratios = a.Keys.Where(repeat => new[] { b, c, d }.All(values => values.GetValueOrDefault(repeat) > 0))
            .Select(repeat => a[repeat] / b[repeat] / (c[repeat] / d[repeat])).ToList();
        return ratios.Count == 0 ? null : Around(ratios);
    }

    // Through logarithms, so that 2 and 1/2 are equally far from 1. A zero has none: then plainly.
    private static Spread Around(List<double> ratios) => ratios.All(ratio => ratio > 0)
        ? Spread.Of([.. ratios.Select(ratio => Math.Log(ratio))])!.Map(Math.Exp)
        : Spread.Of(ratios)!;

    private static Dictionary<int, double> Values(IEnumerable<RunRow> runs, Metric metric) =>
        runs.Where(run => run.Sound && metric.Of(run) is { } value && double.IsFinite(value)).ToDictionary(run => run.Repeat, run => metric.Of(run)!.Value);
}
