using Harness.Results;

namespace Harness.Statistics;

public enum FolderVerdict
{
    /// <summary>Everything was decided, and nothing is worse (or, of a replay, different).</summary>
    Passed,

    /// <summary>Something is surely worse (or different), or fails now that did not before.</summary>
    Failed,

    /// <summary>Nothing is surely worse, but not everything could be told.</summary>
    Undecided,
}

/// <summary>One metric of one cell in two results.</summary>
/// <param name="Cell">Which.</param>
/// <param name="Metric">By what.</param>
/// <param name="Outcome">Null when one side has no sound run with it.</param>
/// <param name="IsSure">A difference that stands although so many were looked at: see <see cref="ComparisonRule.AllOf"/>.</param>
public sealed record FolderFigure(CellPair Cell, Metric Metric, Comparison? Outcome, bool IsSure)
{
    public bool Differs => Outcome is { Verdict: ComparisonVerdict.Differs } && IsSure;

    public bool IsWorse => Differs && !Outcome!.IsBetter(Metric);

    public bool IsUndecided => Outcome is null or { Verdict: ComparisonVerdict.Undecided } || (Outcome.Verdict == ComparisonVerdict.Differs && !IsSure);

    /// <summary>What follows, in words.</summary>
    public string VerdictText => Outcome switch
    {
        null => "not measured on both sides",
        { Verdict: ComparisonVerdict.Differs } when !IsSure => $"perhaps {Outcome.VerdictText(Metric)}: could be chance among so many comparisons",
        _ => Outcome.VerdictText(Metric),
    };
}

/// <summary>Two results side by side, cell by cell.</summary>
/// <remarks>Ratios are what is compared by its base. Runs of two campaigns were not interleaved: what the machine did differently meanwhile is in
/// the differences, and no interval knows of it.</remarks>
public sealed class FolderComparison
{
    private FolderComparison(CampaignResults bases, CampaignResults these, IReadOnlyList<Metric> metrics, ComparisonRule rule)
    {
        Cells = CellPair.Of(bases, these);
        Differences = [.. FolderDifference.Of(bases, these, Cells)];
        OnlyInBase = [.. bases.Cells.Except(Cells.Select(pair => pair.Base)).Select(cell => cell.Label)];
        OnlyInThese = [.. these.Cells.Except(Cells.Select(pair => pair.These)).Select(cell => cell.Label)];

        var measured = (from pair in Cells from metric in metrics where Has(pair.Base, metric) || Has(pair.These, metric) select (Pair: pair, Metric: metric)).ToList();
        Figures = [.. measured.Select(figure => Compare(figure.Pair, figure.Metric, rule, measured.Count))];
    }

    public IReadOnlyList<CellPair> Cells { get; }

    /// <summary>Labels of cells without a partner.</summary>
    public IReadOnlyList<string> OnlyInBase { get; }

    public IReadOnlyList<string> OnlyInThese { get; }

    public IReadOnlyList<FolderDifference> Differences { get; }

    public IReadOnlyList<FolderFigure> Figures { get; }

    /// <summary>Cells that have more unsound runs than in the base, by share.</summary>
    public IReadOnlyList<CellPair> FailMore => [.. Cells.Where(pair => UnsoundShare(pair.These) > UnsoundShare(pair.Base))];

    /// <summary>Whether anything got worse.</summary>
    public FolderVerdict Verdict => VerdictOf(figure => figure.IsWorse);

    /// <summary>Whether it came out as it had before: neither worse nor better.</summary>
    public FolderVerdict Reproduced => VerdictOf(figure => figure.Differs);

    /// <param name="bases">What is compared with.</param>
    /// <param name="these">What is compared.</param>
    /// <param name="metrics">By what; null for what the plan of <paramref name="these"/> is about.</param>
    /// <param name="rule">What matters, and how sure one wants to be; resolutions are the metrics' own.</param>
    public static FolderComparison Of(CampaignResults bases, CampaignResults these, IReadOnlyList<Metric>? metrics = null, ComparisonRule? rule = null) =>
        new(bases, these, metrics ?? KeyMetrics.Of(these.Plan), rule ?? new ComparisonRule());

    private static FolderFigure Compare(CellPair pair, Metric metric, ComparisonRule rule, int comparisons)
    {
        var own = rule with { Resolution = metric.Resolution };
        var outcome = Comparison.Of(pair.These.Values(metric), pair.Base.Values(metric), own);
        var strict = Comparison.Of(pair.These.Values(metric), pair.Base.Values(metric), own.AllOf(comparisons));
        return new FolderFigure(pair, metric, outcome, strict is { Verdict: ComparisonVerdict.Differs });
    }

    private FolderVerdict VerdictOf(Func<FolderFigure, bool> fails) =>
        FailMore.Count > 0 || Figures.Any(fails) ? FolderVerdict.Failed
            : Figures.Count == 0 || Figures.Any(figure => figure.IsUndecided) ? FolderVerdict.Undecided
            : FolderVerdict.Passed;

    private static bool Has(CellResults cell, Metric metric) => cell.Values(metric).Count > 0;

    private static double UnsoundShare(CellResults cell) => cell.Runs.Count == 0 ? 0 : 1 - cell.SoundRuns.Count / (double)cell.Runs.Count;
}
