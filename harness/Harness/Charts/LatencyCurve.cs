using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>The throughput-latency curve: percentiles of latency over the achieved rate, up to where the rate is no longer held.</summary>
internal static class LatencyCurve
{
    // Below this share of the offered rate the broker did not hold it: the latency is of a queue that grew.
    private const double HeldShare = 0.99;

    private static readonly Metric[] Percentiles = [Metric.P50, Metric.P99, Metric.P999];

    /// <exception cref="ResultException">No cell was offered a rate.</exception>
    public static LineChart Of(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        // Without a schedule there is no rate to sweep: senders that wait for answers see other latencies.
        var offered = cells.Where(cell => cell.Runs[0].OfferedPerSecond is not null).ToList();
        if (offered.Count == 0)
            throw new ResultException($"the chart '{request.Title}' needs cells with an offered rate; all of them are closed loops.");

        var naming = new SeriesNaming(campaign.Plan, offered, axis => axis.Unit is not null && axis.Name != request.Series, request.Series);
        var series = offered.GroupBy(naming.NameOf).OrderBy(line => naming.Names.ToList().IndexOf(line.Key))
            .SelectMany(line => Percentiles.Select(metric => (Name: NameOf(line.Key, metric), Points: PointsOf(line, metric))))
            .Where(line => line.Points.Count > 0)
            .Select((line, i) => new LineSeries(line.Name, i, line.Points) { Markers = true })
            .ToList();
        return new LineChart
        {
            Title = request.Title,
            X = new ChartAxis("achieved rate (records/s)"),
            Y = new ChartAxis("latency from the intended send time (ms)", AxisScale.Log),
            Series = series,
            Levels = campaign.Plan.Saturation is { Target: var target } ? [new ReferenceLevel($"wanted: {target}", target.LimitMs)] : [],
            Caption = series.Exists(line => line.Points.Any(point => point.Hollow))
                ? [$"Hollow: less than {HeldShare * 100:0} % of the offered rate was achieved."]
                : [],
        };
    }

    private static List<LinePoint> PointsOf(IEnumerable<CellResults> line, Metric metric) =>
    [
        .. line.OrderBy(cell => cell.Runs[0].OfferedPerSecond)
            .Select(cell => (Cell: cell, Rate: cell.Spread(Metric.Achieved), Latency: cell.Spread(metric)))
            .Where(point => point.Rate is not null && point.Latency is not null)
            .Select(point => new LinePoint(point.Rate!.Median, point.Latency!.Median, point.Latency.Low, point.Latency.High,
                Hollow: point.Cell.Spread(Metric.Held) is { Median: < HeldShare })),
    ];

    private static string NameOf(string line, Metric metric) => line.Length == 0 ? metric.Title : $"{line}, {metric.Name}";
}
