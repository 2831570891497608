using System.Globalization;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>How a metric follows one axis of the plan, whatever its values are: sizes, times, numbers, a zero among them.</summary>
internal static class AxisCurve
{
    // Below this share of the offered rate the broker did not hold it: the latency is of a queue that grew.
    private const double HeldShare = 0.99;

    /// <exception cref="ResultException">The request names no metric or no axis.</exception>
    public static LineChart Of(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        if (request is not { Metric: { } metricName, X: { } axisName })
            throw new ResultException($"the chart '{request.Title}' is a curve and has to name a metric and the axis along x.");

        var metric = Metric.Find(metricName);
        var axis = campaign.Plan.Axes.First(known => known.Name == axisName);
        var places = axis.Values.Where(value => cells.Exists(cell => cell[axisName] == value)).ToList();
        var naming = new SeriesNaming(campaign.Plan, cells, other => other.Name == axisName, request.Series);
        var series = cells.GroupBy(naming.NameOf)
            .Select(line => new LineSeries(line.Key, naming.ColorOf(line.First()), PointsOf(line, metric, cell => places.IndexOf(cell[axisName]))) { Markers = true })
            .Where(line => line.Points.Count > 0).OrderBy(line => line.Color).ToList();
        return new LineChart
        {
            Title = request.Title,
            X = new ChartAxis(axis.Unit is { Length: > 0 } unit ? $"{axis.Name} ({unit})" : axis.Name) { Names = [.. places.Select(value => NameOf(axis, value))] },
            Y = new ChartAxis(CampaignCharts.AxisTitle(metric), metric.Unit is "ms" or "us" ? AxisScale.Log : AxisScale.Linear),
            Series = series,
            SeriesAreOrdered = naming.AreOrdered,
            Caption = ["Steps along x are equally far apart, whatever they are worth."
                + (series.Exists(line => line.Points.Any(point => point.Hollow)) ? $" Hollow: less than {HeldShare * 100:0} % of the offered rate was achieved." : "")],
        };
    }

    private static List<LinePoint> PointsOf(IEnumerable<CellResults> line, Metric metric, Func<CellResults, int> placeOf) =>
    [
        .. line.Select(cell => (Cell: cell, Place: placeOf(cell), Value: cell.Spread(metric)))
            .Where(point => point.Place >= 0 && point.Value is not null).OrderBy(point => point.Place)
            .Select(point => new LinePoint(point.Place, point.Value!.Median, point.Value.Low, point.Value.High,
                Hollow: point.Cell.Spread(Metric.Held) is { Median: < HeldShare })),
    ];

    // The axis's title has its name and unit: they need not stand at every step.
    private static string NameOf(AxisFacts axis, string value) =>
        axis.Unit is not null && !axis.Labels.ContainsKey(value) && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? Figure.Exact(number)
            : axis.TextOf(value);
}
