using Harness.Results;

namespace Harness.Statistics;

/// <summary>One figure of two cells, or of one cell in two campaigns: how many times the base it is, by how much it is more, and what follows.</summary>
/// <remarks>Both directions are spelled out because libraries disagree on them: ratio is this / base, shift is this - base.</remarks>
/// <param name="Ratio">Taken through logarithms, so that 2 and 1/2 are equally far from 1; null where a value is not above zero.</param>
/// <param name="Shift">In the metric's unit.</param>
/// <param name="Verdict">By the ratio, by the shift where there is none.</param>
/// <param name="These">Runs of this side; pairs, when paired.</param>
/// <param name="Bases">Runs of the base.</param>
/// <param name="IsPaired">Runs of one round were compared with each other: what they shared has cancelled.</param>
/// <param name="Rule">What the verdict was reached by.</param>
public sealed record Comparison(Estimate? Ratio, Estimate Shift, ComparisonVerdict Verdict, int These, int Bases, bool IsPaired, ComparisonRule Rule)
{
    /// <summary>Runs that stood side by side; null for none.</summary>
    public static Comparison? OfPairs(IReadOnlyList<(double This, double Base)> pairs, ComparisonRule rule)
    {
        if (pairs.Count == 0) return null;

        var ratio = pairs.All(pair => pair is { This: > 0, Base: > 0 })
            ? Location.OfDifferences([.. pairs.Select(pair => Math.Log(pair.This) - Math.Log(pair.Base))], rule.Confidence).Map(Math.Exp)
            : null;
        var shift = Location.OfDifferences([.. pairs.Select(pair => pair.This - pair.Base)], rule.Confidence);
        var verdict = VerdictOf(ratio, shift, Spread.Of([.. pairs.Select(pair => pair.Base)])!.Median, rule);
        return new Comparison(ratio, shift, verdict, pairs.Count, pairs.Count, IsPaired: true, rule);
    }

    /// <summary>Runs that have nothing in common, such as those of two campaigns; null when one side has none.</summary>
    public static Comparison? Of(IReadOnlyList<double> these, IReadOnlyList<double> bases, ComparisonRule rule)
    {
        if (these.Count == 0 || bases.Count == 0) return null;

        var ratio = these.Concat(bases).All(value => value > 0)
            ? Location.OfShift([.. these.Select(value => Math.Log(value))], [.. bases.Select(value => Math.Log(value))], rule.Confidence).Map(Math.Exp)
            : null;
        var shift = Location.OfShift(these, bases, rule.Confidence);
        return new Comparison(ratio, shift, VerdictOf(ratio, shift, Spread.Of(bases)!.Median, rule), these.Count, bases.Count, IsPaired: false, rule);
    }

    private static ComparisonVerdict VerdictOf(Estimate? ratio, Estimate shift, double middleOfBase, ComparisonRule rule)
    {
        if (shift.IsWithin(-rule.Resolution, rule.Resolution)) return ComparisonVerdict.NoDifference;

        if (ratio is not null)
            return ratio.IsWithin(1 - rule.Threshold, 1 + rule.Threshold) ? ComparisonVerdict.NoDifference
                : ratio.Contains(1) ? ComparisonVerdict.Undecided
                : ComparisonVerdict.Differs;

        // Of a base at zero no share can be taken: then only the resolution says what is as good as nothing.
        var least = rule.Threshold * Math.Abs(middleOfBase);
        return shift.IsWithin(-least, least) ? ComparisonVerdict.NoDifference : shift.Contains(0) ? ComparisonVerdict.Undecided : ComparisonVerdict.Differs;
    }

    /// <summary>The figure for people: <c>0.41x [0.38, 0.45]</c>; where there is no ratio the shift in its unit, <c>+3.2 MB/s [1.1, 5.3]</c>.</summary>
    public string Figure(Metric metric) => Ratio switch
    {
        { IsBounded: true } => FormattableString.Invariant($"{Ratio.Value:0.00#}x [{Ratio.Low:0.00#}, {Ratio.High:0.00#}]"),
        not null => FormattableString.Invariant($"{Ratio.Value:0.00#}x [no interval]"),
        null when Shift.IsBounded => $"{Sign(Shift.Value, metric)} {metric.Unit} [{Sign(Shift.Low, metric)}, {Sign(Shift.High, metric)}]",
        null => $"{Sign(Shift.Value, metric)} {metric.Unit} [no interval]",
    };

    /// <summary>What follows, in words: <c>better</c>, <c>no difference of 5 % or more</c>.</summary>
    public string VerdictText(Metric metric) => Verdict switch
    {
        ComparisonVerdict.NoDifference => FormattableString.Invariant($"no difference of {Rule.Threshold * 100:0.##} % or more"),
        ComparisonVerdict.Undecided => "undecided: repeats needed",
        _ => IsBetter(metric) ? "better" : "worse",
    };

    /// <summary>Whether the middle of the differences lies on the good side.</summary>
    public bool IsBetter(Metric metric) => (Ratio is { } ratio ? ratio.Value < 1 : Shift.Value < 0) == metric.LowerIsBetter;

    /// <summary>What the interval is, for captions: <c>95 % confidence, 5 pairs</c>.</summary>
    public string KindText => IsPaired
        ? FormattableString.Invariant($"{Rule.Confidence * 100:0.##} % confidence, {These} pairs")
        : FormattableString.Invariant($"{Rule.Confidence * 100:0.##} % confidence, {These} against {Bases} runs");

    private static string Sign(double value, Metric metric) => (value > 0 ? "+" : "") + Results.Figure.Number(value, metric.Unit);
}
