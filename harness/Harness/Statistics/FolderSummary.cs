namespace Harness.Statistics;

/// <summary>A comparison of two results for programs: <c>compare --json</c>, and <c>replay.json</c> of a replay.</summary>
/// <param name="Base">Where the base lies.</param>
/// <param name="Worse">Whether anything got worse.</param>
/// <param name="Reproduced">Whether it came out as before: passed means that it did.</param>
public sealed record FolderSummary(
    string Base, FolderVerdict Worse, FolderVerdict Reproduced, IReadOnlyList<FolderDifference> Differences,
    IReadOnlyList<string> OnlyInBase, IReadOnlyList<string> OnlyInThese, IReadOnlyList<FolderFigureSummary> Figures)
{
    public static FolderSummary Of(FolderComparison comparison, string bases) => new(
        bases, comparison.Verdict, comparison.Reproduced, comparison.Differences, comparison.OnlyInBase, comparison.OnlyInThese,
        [.. comparison.Figures.Select(FolderFigureSummary.Of)]);
}

/// <summary>One metric of one cell; no figure where one side did not measure it.</summary>
/// <param name="IsSure">See <see cref="FolderFigure"/>.</param>
public sealed record FolderFigureSummary(string Cell, string Metric, FigureSummary? Figure, bool IsSure, string Verdict)
{
    internal static FolderFigureSummary Of(FolderFigure figure) => new(
        figure.Cell.These.Label, figure.Metric.Name,
        figure.Outcome is { } outcome ? FigureSummary.Of(outcome) : null, figure.IsSure, figure.VerdictText);
}
