using Harness.Results;

namespace Harness.Statistics;

/// <summary>When a campaign has repeats enough: every median known well enough, or no time left for another round.</summary>
/// <remarks>An interval counts from <see cref="Spread.CountForConfidence"/> sound runs of a cell on. Rounds are whole, also for cells that are
/// known well already: runs of one round are compared with each other. Looking after every round makes the last intervals a little too
/// narrow (they are looked at because they are narrow); the least number of runs keeps that small.</remarks>
/// <param name="Precision">How far each end of the interval may be from the median, as a share of it; null to use up the budget.</param>
/// <param name="Metrics">What has to be known so well, where a cell has it.</param>
/// <param name="Budget">What all rounds together may take.</param>
public sealed record RepeatGoal(double? Precision, IReadOnlyList<Metric> Metrics, TimeSpan Budget)
{
    /// <summary>Why no further round is to be made, in words for the result; null when one is.</summary>
    /// <param name="plan">The plan whose cells are measured.</param>
    /// <param name="runs">What has been measured of them.</param>
    /// <param name="elapsed">Since the first run began.</param>
    /// <param name="round">How long the next round is expected to take.</param>
    public string? StopsBecause(ResultPlan plan, IReadOnlyList<RunRow> runs, TimeSpan elapsed, TimeSpan round)
    {
        var worst = Precision is null ? null : Widest(plan, runs);
        if (worst is { } width && width.Share <= Precision)
            return FormattableString.Invariant($"every median is known to {Precision * 100:0.##} %: {width.What} the least well, to {width.Share * 100:0.#} %");

        if (elapsed + round <= Budget) return null;

        var known = worst switch
        {
            null => "",
            { Share: double.PositiveInfinity } few => $"; {few.What} has no interval yet",
            { } left => FormattableString.Invariant($"; {left.What} is known to {left.Share * 100:0.#} % only"),
        };
        return FormattableString.Invariant($"the budget of {Budget.TotalMinutes:0.##} min has no room for another round{known}");
    }

    /// <summary>The interval that is widest by its median; null where nothing could be measured at all.</summary>
    private (string What, double Share)? Widest(ResultPlan plan, IReadOnlyList<RunRow> runs)
    {
        var widths = from cell in plan.Cells
                     let sound = runs.Where(run => run.Cell == cell.Id && run.Sound).ToList()
                     from metric in Metrics
                     let spread = Spread.Of([.. sound.Select(metric.Of).OfType<double>().Where(double.IsFinite)])
                     where spread is not null
                     select (What: $"{metric.Title} of {plan.LabelOf(cell.Values)}", Share: WidthOf(spread, metric));
        return widths.Select(width => ((string, double)?)width).MaxBy(width => width!.Value.Item2);
    }

    private static double WidthOf(Spread spread, Metric metric)
    {
        if (spread.Kind != SpreadKind.Confidence) return double.PositiveInfinity;

        var reach = Math.Max(spread.High - spread.Median, spread.Median - spread.Low);
        return reach <= metric.Resolution ? 0 : spread.Median == 0 ? double.PositiveInfinity : reach / Math.Abs(spread.Median);
    }
}
