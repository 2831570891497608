using Harness.Results;

namespace Harness.Statistics;

/// <summary>Holds the checks of an expectation against the runs.</summary>
public static class CheckJudge
{
    /// <summary>One outcome a check, in the plan's order. Unsound runs never count.</summary>
    /// <exception cref="ResultException">A check names a metric that does not exist.</exception>
    public static IReadOnlyList<CheckOutcome> Judge(ResultPlan plan, IReadOnlyList<RunRow> runs) =>
        [.. plan.Checks.Select(check => (check.RatioTo is null ? JudgeValue(check, plan, runs) : JudgeRatio(check, check.RatioTo, plan, runs)) with { Claim = check.Claim })];

    private static CheckOutcome JudgeValue(Check check, ResultPlan plan, IReadOnlyList<RunRow> runs)
    {
        var metric = Metric.Find(check.Metric);
        var found = new List<Finding>();
        foreach (var cell in plan.Cells.Where(cell => CellSelector.Matches(check.Of, cell.Values)))
        {
            if (metric.IsFault)
            {
                var own = runs.Where(run => run.Cell == cell.Id).ToList();
                var worst = WorstOf(check, own.Select(metric.Of).OfType<double>().ToList());
                // A sound run without the figure is of a load that does not look; a cell that only failed is a hole in what was seen.
                if (worst is not null || !own.Any(run => run.Sound)) found.Add(new Finding(plan.LabelOf(cell.Values), worst));
                continue;
            }

            var values = runs.Where(run => run.Cell == cell.Id && run.Sound).Select(metric.Of).OfType<double>().ToList();
            found.Add(new Finding(plan.LabelOf(cell.Values), Spread.Of(values)));
        }

        return Outcome(check, found, metric.Unit);
    }

    // Not the middle: a thousand records lost in one run of five are lost.
    private static Spread? WorstOf(Check check, List<double> values) => values.Count == 0
        ? null
        : new Spread(check.Bound == CheckBound.AtMost || check.InSomeRun ? values.Max() : values.Min(), values.Min(), values.Max(), SpreadKind.Range, values.Count);

    private static CheckOutcome JudgeRatio(Check check, IReadOnlyDictionary<string, string> ratioTo, ResultPlan plan, IReadOnlyList<RunRow> runs)
    {
        var metric = Metric.Find(check.Metric);
        var found = new List<Finding>();
        foreach (var cell in plan.Cells.Where(cell => CellSelector.Matches(check.Of, cell.Values)))
            foreach (var other in plan.Cells.Where(other => IsPartner(cell, other, ratioTo)))
            {
                if (check.Against is { } against)
                {
                    found.AddRange(Compare(cell, other, against, metric, plan, runs));
                    continue;
                }

                var comparison = PairedComparison.Of(runs.Where(run => run.Cell == cell.Id), runs.Where(run => run.Cell == other.Id), metric);
                found.Add(new Finding($"{plan.LabelOf(cell.Values)} / {plan.LabelOf(other.Values)}", comparison?.Ratio));
            }

        return Outcome(check, found, "");
    }

    private static IEnumerable<Finding> Compare(CellFacts cell, CellFacts other, CellRatio against, Metric metric, ResultPlan plan, IReadOnlyList<RunRow> runs) =>
        from these in plan.Cells.Where(these => CellSelector.Matches(against.Of, these.Values))
        from bases in plan.Cells.Where(bases => IsPartner(these, bases, against.To))
        let ratio = PairedComparison.RatioOfRatios((Of(runs, cell), Of(runs, other)), (Of(runs, these), Of(runs, bases)), metric)
        select new Finding(
            $"({plan.LabelOf(cell.Values)} / {plan.LabelOf(other.Values)}) / ({plan.LabelOf(these.Values)} / {plan.LabelOf(bases.Values)})", ratio);

    private static IEnumerable<RunRow> Of(IReadOnlyList<RunRow> runs, CellFacts cell) => runs.Where(run => run.Cell == cell.Id);

    // The same cell but for the axes that the comparison is about.
    private static bool IsPartner(CellFacts cell, CellFacts other, IReadOnlyDictionary<string, string> ratioTo) =>
        other.Id != cell.Id
        && CellSelector.Matches(ratioTo, other.Values)
        && cell.Values.All(value => ratioTo.ContainsKey(value.Key) || other.Values.GetValueOrDefault(value.Key) == value.Value);

    private static CheckOutcome Outcome(Check check, List<Finding> found, string unit)
    {
        // One cell without a sound run is a hole in the claim: the rest cannot meet it alone, but any of them can break it.
        var measured = found.Where(finding => finding.Spread is not null).ToList();
        if (measured.Count == 0) return new CheckOutcome(check.Name, CheckVerdict.NotMeasured, null, found.Count == 0 ? "no cell of the plan matches" : "no sound run");

        var worst = check.Bound == CheckBound.AtMost ? measured.MaxBy(finding => finding.Spread!.Median)! : measured.MinBy(finding => finding.Spread!.Median)!;
        var spread = worst.Spread!;
        var figure = $"{Figure.Text(spread.Median, unit)} ({Figure.Number(spread.Low, unit)} to {Figure.Number(spread.High, unit)}, {spread.KindText}); "
            + $"limit {(check.Bound == CheckBound.AtMost ? "at most" : "at least")} {Figure.Text(check.Limit, unit)}; {worst.What}";
        var holes = found.Count - measured.Count;
        var verdict = !check.IsMetBy(spread.Median) ? CheckVerdict.FellShort : holes == 0 ? CheckVerdict.Met : CheckVerdict.NotMeasured;
        if (verdict == CheckVerdict.NotMeasured) figure += $"; {holes} of {found.Count} cells without a sound run";
        return new CheckOutcome(check.Name, verdict, spread.Median, figure)
        {
            Parts = new CheckFigure(
                spread.Median, spread.Low, spread.High, spread.KindText, check.Bound, check.Limit,
                check.RatioTo is null ? unit : CheckFigure.RatioUnit, worst.What),
        };
    }

    private sealed record Finding(string What, Spread? Spread);
}
