using Harness.Results;

namespace Harness.Plans;

/// <summary>The checks of an expectation, written short.</summary>
/// <remarks>Cells are named by axis and value, the value as short as it stays clear: <c>[("flush", "group-commit(maxDelay=2ms)")]</c>.</remarks>
public static class Expect
{
    /// <summary>A metric of some cells is at most <paramref name="limit"/>, in the metric's unit.</summary>
    public static Check AtMost(double limit, Metric metric, (string Axis, string Value)[] of, string name) =>
        Of(CheckBound.AtMost, limit, metric, of, null, name);

    /// <summary>A metric of some cells is at least <paramref name="limit"/>, in the metric's unit.</summary>
    public static Check AtLeast(double limit, Metric metric, (string Axis, string Value)[] of, string name) =>
        Of(CheckBound.AtLeast, limit, metric, of, null, name);

    /// <summary>A count of faults is at least <paramref name="limit"/> in one or more runs of each of some cells: what a control must show to see at all.</summary>
    public static Check InSomeRunAtLeast(double limit, Metric metric, (string Axis, string Value)[] of, string name) =>
        AtLeast(limit, metric, of, name) with { InSomeRun = true };

    /// <summary>A metric of some cells is at most so many times that of others.</summary>
    public static Check RatioAtMost(double limit, Metric metric, (string Axis, string Value)[] of, (string Axis, string Value)[] to, string name) =>
        Of(CheckBound.AtMost, limit, metric, of, to, name);

    /// <summary>A metric of some cells is at least so many times that of others.</summary>
    public static Check RatioAtLeast(double limit, Metric metric, (string Axis, string Value)[] of, (string Axis, string Value)[] to, string name) =>
        Of(CheckBound.AtLeast, limit, metric, of, to, name);

    /// <summary>The ratio of a metric between two cells is at least so many times the same ratio between two others.</summary>
    /// <remarks>For what a condition costs one of two: the first of each pair is under it, the second is not.</remarks>
    public static Check KeepsAtLeast(
        double limit, Metric metric, ((string Axis, string Value)[] Of, (string Axis, string Value)[] To) ratio,
        ((string Axis, string Value)[] Of, (string Axis, string Value)[] To) against, string name) =>
        Of(CheckBound.AtLeast, limit, metric, ratio.Of, ratio.To, name) with { Against = new CellRatio(Cells(against.Of), Cells(against.To)) };

    /// <summary>Says that the claim of this number is refuted where the check is not met.</summary>
    public static Check Decides(this Check check, int claim) => check with { Claim = claim };

    private static Check Of(
        CheckBound bound, double limit, Metric metric, (string Axis, string Value)[] of, (string Axis, string Value)[]? to, string name) => new()
    {
        Name = name,
        Metric = metric.Name,
        Of = Cells(of),
        RatioTo = to is null ? null : Cells(to),
        Bound = bound,
        Limit = limit,
    };

    private static Dictionary<string, string> Cells((string Axis, string Value)[] values) =>
        values.ToDictionary(value => value.Axis, value => value.Value);
}
