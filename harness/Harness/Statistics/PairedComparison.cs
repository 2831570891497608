using Harness.Results;

namespace Harness.Statistics;

/// <summary>One cell against another, run by run: repeats are interleaved, so runs of one repeat saw the same state of the machine.</summary>
/// <remarks>Both directions are spelled out because libraries disagree on them: ratio is this / base, shift is this - base.
/// Drift that both cells share cancels in the pairs; it would not in a comparison of medians.</remarks>
public sealed record PairedComparison(Spread Ratio, Spread Shift)
{
    public int Pairs => Ratio.Count;

    /// <summary>Null when no repeat has a sound run with the metric in both cells, or the base is not above zero.</summary>
    public static PairedComparison? Of(IEnumerable<RunRow> these, IEnumerable<RunRow> bases, Metric metric)
    {
        var byRepeat = Values(bases, metric);
        var pairs = Values(these, metric)
            .Where(own => byRepeat.TryGetValue(own.Key, out var of) && of > 0)
            .Select(own => (This: own.Value, Base: byRepeat[own.Key]))
            .ToList();
        if (pairs.Count == 0) return null;

        // Through logarithms, so that 2 and 1/2 are equally far from 1. A zero has none: then plainly.
        var ratios = pairs.Select(pair => pair.This / pair.Base).ToList();
        var ratio = ratios.All(r => r > 0)
            ? Spread.Of([.. ratios.Select(r => Math.Log(r))])!.Map(Math.Exp)
            : Spread.Of(ratios)!;
        return new PairedComparison(ratio, Spread.Of([.. pairs.Select(pair => pair.This - pair.Base)])!);
    }

    private static Dictionary<int, double> Values(IEnumerable<RunRow> runs, Metric metric) =>
        runs.Where(run => run.Sound && metric.Of(run) is { } value && double.IsFinite(value)).ToDictionary(run => run.Repeat, run => metric.Of(run)!.Value);
}
