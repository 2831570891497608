using System.Globalization;
using Harness.Results;

namespace Harness.Charts;

/// <summary>What a mark of a chart says when it is pointed at: whose it is, and its values with what they are.</summary>
internal static class Tip
{
    // From here on a rate reads better as 250k.
    private const double PrefixedFrom = 10_000;

    public static string Of(string series, ChartAxis x, ChartAxis y, LinePoint point) => string.Join('\n', new[]
    {
        series,
        $"{x.Title}: {Text(x, point.X)}",
        $"{y.Title}: {Text(y, point.Y)}{Interval(y, point.Low, point.High)}",
    }.Where(line => line.Length > 0));

    public static string Of(BarChart chart, BarGroup group, Bar bar) => string.Join('\n', new[]
    {
        group.Label,
        chart.Series.ElementAtOrDefault(bar.Series) ?? "",
        $"{bar.Text}{Interval(chart.Value, bar.Low, bar.High)}{(bar.Runs.Count > 1 ? $", {bar.Runs.Count} runs" : "")}",
    }.Where(line => line.Length > 0));

    /// <summary>Of a dot that stands for one run.</summary>
    public static string OfRun(BarChart chart, double value) => $"one run: {Text(chart.Value, value)}";

    private static string Interval(ChartAxis axis, double? low, double? high) =>
        low is { } from && high is { } to && to > from ? $" [{Text(axis, from)}, {Text(axis, to)}]" : "";

    private static string Text(ChartAxis axis, double value) => axis.Names.Count > 0 ? axis.Names[(int)value]
        : axis.Scale == AxisScale.Percentile
        ? (value * 100).ToString("0.#######", CultureInfo.InvariantCulture) + " %"
        : Math.Abs(value) >= PrefixedFrom ? Figure.Prefixed(value) : Figure.Plain(value);
}
