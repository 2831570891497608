using Harness.Load;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Charts;

/// <summary>Makes the charts that a plan asks for out of what was measured.</summary>
public static class CampaignCharts
{
    // Below this share of the offered rate the broker did not hold it: the latency is of a queue that grew.
    private const double HeldShare = 0.99;

    // A percentile with fewer values beyond it says more about chance than about the system.
    private const int CountBeyond = 10;

    /// <exception cref="ResultException">The request names a metric or an axis that does not exist, or no cell.</exception>
    public static Chart Make(CampaignResults campaign, ChartRequest request)
    {
        foreach (var axis in new[] { request.Series, request.X }.Concat(request.Only.Keys).OfType<string>())
            if (campaign.Plan.Axes.All(known => known.Name != axis))
                throw new ResultException($"the chart '{request.Title}' names the axis {axis}; the plan has {string.Join(", ", campaign.Plan.Axes.Select(a => a.Name))}.");

        var cells = campaign.Where(request.Only).Where(cell => cell.Runs.Count > 0).ToList();
        Chart chart = request.Kind switch
        {
            ChartKind.ThroughputOverTime => ThroughputOverTime(campaign, request, cells),
            ChartKind.LatencyPercentiles => LatencyPercentiles(campaign, request, cells),
            ChartKind.ThroughputLatency => ThroughputLatency(campaign, request, cells),
            ChartKind.ThroughputLatencyCurve => LatencyCurve.Of(campaign, request, cells),
            ChartKind.Bars => Bars(campaign, request, cells),
            ChartKind.Curve => AxisCurve.Of(campaign, request, cells),
            ChartKind.CpuByProcess => CpuByProcess(campaign, request, cells),
            ChartKind.FaultTimeline => FaultTimelines.Of(request, cells, new SeriesNaming(campaign.Plan, cells, _ => false, request.Series)),
            _ => throw new ResultException($"there is no chart of kind {request.Kind}."),
        };
        return chart with
        {
            Caption = [.. chart.Caption, .. ChartCaption.Of(campaign, cells, request.Kind)],
            SmallPrint = [.. ChartCaption.SmallPrint(campaign, cells)],
        };
    }

    /// <summary>The chart drawn as SVG.</summary>
    public static string Svg(this CampaignResults campaign, ChartRequest request) => new SvgRenderer().Render(Make(campaign, request));

    private static LineChart ThroughputOverTime(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        var naming = new SeriesNaming(campaign.Plan, cells, _ => false, request.Series);
        var series = new List<LineSeries>();
        foreach (var cell in cells.OrderBy(naming.ColorOf))
        {
            // What comes after the measured time (answers outstanding, reading back) is no rate of this load.
            var timelines = cell.SoundRuns
                .Select(run => cell.Timeline(run).Where(point => point.Second <= run.MeasuredSeconds + 0.5).ToList())
                .Where(timeline => timeline.Count > 0).ToList();
            var middle = timelines.SelectMany(timeline => timeline)
                .GroupBy(point => Math.Round(point.Second))
                .OrderBy(second => second.Key)
                .Select(second => new LinePoint(second.Key, Spread.Of([.. second.Select(point => point.AchievedPerSecond)])!.Median))
                .ToList();
            if (middle.Count == 0) continue;

            series.Add(new LineSeries(naming.NameOf(cell), naming.ColorOf(cell), middle));
            if (timelines.Count == 1) continue;

            series.AddRange(timelines.Select(timeline => new LineSeries(
                naming.NameOf(cell), naming.ColorOf(cell), [.. timeline.Select(point => new LinePoint(point.Second, point.AchievedPerSecond))]) { Faint = true }));
        }

        var offered = cells.SelectMany(cell => cell.SoundRuns.Select(run => (Rate: run.OfferedPerSecond, Color: naming.ColorOf(cell))))
            .Where(level => level.Rate is not null).GroupBy(level => level.Rate!.Value).ToList();
        return new LineChart
        {
            Title = request.Title,
            X = new ChartAxis("time since measuring began (s)"),
            Y = new ChartAxis("achieved rate (records/s)"),
            BeforeZero = "warm-up",
            Series = series,
            SeriesAreOrdered = naming.AreOrdered,
            Levels = [.. offered.Select(level => new ReferenceLevel($"offered {Figure.Exact(level.Key)}/s", level.Key, offered.Count == 1 ? null : level.First().Color))],
            Caption = [string.Join(' ', new[]
            {
                series.Exists(line => line.Faint) ? "Thick: median of the repeats in each second. Thin: each repeat." : "",
                offered.Count > 0 ? "Dashed: offered." : "",
            }.Where(sentence => sentence.Length > 0))],
        };
    }

    private static LineChart LatencyPercentiles(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        var naming = new SeriesNaming(campaign.Plan, cells, _ => false, request.Series);
        var series = new List<LineSeries>();
        foreach (var cell in cells.Where(cell => cell.Latency.Count > 0).OrderBy(naming.ColorOf))
        {
            series.Add(new LineSeries(naming.NameOf(cell), naming.ColorOf(cell), PercentileCurve(cell.Latency)));
            if (cell.SoundRuns.Count > 1)
                series.AddRange(cell.SoundRuns.Select(run => new LineSeries(naming.NameOf(cell), naming.ColorOf(cell), PercentileCurve(cell.LatencyOf(run))) { Faint = true }));
        }

        return new LineChart
        {
            Title = request.Title,
            X = new ChartAxis("share of records at most this late", AxisScale.Percentile),
            Y = new ChartAxis("latency from the intended send time (ms)", AxisScale.Log),
            Series = series,
            SeriesAreOrdered = naming.AreOrdered,
            Caption = ["Thick: histograms of all repeats merged. Thin: each repeat. "
                + $"A line ends where fewer than {CountBeyond} records lie beyond it."],
        };
    }

    private static LineChart ThroughputLatency(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        var metric = Metric.Find(request.Metric ?? Metric.P99.Name);
        var naming = new SeriesNaming(campaign.Plan, cells, axis => axis.Unit is not null && axis.Name != request.Series, request.Series);
        // Senders that wait for answers see other latencies than a schedule does: never on one line with it.
        static bool IsClosed(CellResults cell) => cell.Runs[0].OfferedPerSecond is null;
        var isMixed = cells.Exists(IsClosed) && !cells.TrueForAll(IsClosed);
        var series = cells.GroupBy(cell => (Name: naming.NameOf(cell), Closed: isMixed && IsClosed(cell))).Select(line => new LineSeries(
            LoopName(line.Key.Name, isMixed, line.Key.Closed), naming.ColorOf(line.First()) + (line.Key.Closed ? naming.Names.Count : 0),
            [
                .. line.OrderBy(cell => cell.Runs[0].OfferedPerSecond ?? double.MaxValue)
                    .Select(cell => (Cell: cell, Rate: cell.Spread(Metric.Achieved), Value: cell.Spread(metric)))
                    .Where(point => point.Rate is not null && point.Value is not null)
                    .Select(point => new LinePoint(point.Rate!.Median, point.Value!.Median, point.Value.Low, point.Value.High,
                        Hollow: point.Cell.Spread(Metric.Held) is { } held && held.Median < HeldShare)),
            ])
        { Markers = true, Unconnected = line.Key.Closed }).OrderBy(line => line.Color).ToList();
        var anyHollow = series.Exists(line => line.Points.Any(point => point.Hollow));
        return new LineChart
        {
            Title = request.Title,
            X = new ChartAxis("achieved rate (records/s)"),
            Y = new ChartAxis(AxisTitle(metric), metric.Unit == "ms" ? AxisScale.Log : AxisScale.Linear),
            Series = series,
            Caption = anyHollow ? [$"Hollow: less than {HeldShare * 100:0} % of the offered rate was achieved."] : [],
        };
    }

    private static string LoopName(string name, bool isMixed, bool isClosed)
    {
        if (!isMixed) return name;

        var loop = isClosed ? "closed loop: as fast as it answers" : "open loop: at the offered rate";
        return name.Length == 0 ? loop : $"{name}, {loop}";
    }

    private static BarChart Bars(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        var metric = Metric.Find(request.Metric ?? throw new ResultException($"the chart '{request.Title}' names no metric."));
        var colors = new SeriesNaming(campaign.Plan, cells, axis => request.Series is null || axis.Name != request.Series, request.Series);
        var groups = new SeriesNaming(campaign.Plan, cells, axis => axis.Name == request.Series && request.Series != request.X, request.X);
        return new BarChart
        {
            Title = request.Title,
            Value = new ChartAxis(AxisTitle(metric) + (metric.LowerIsBetter ? " – lower is better" : " – higher is better")),
            Series = colors.Names,
            Groups = [.. groups.Names.Select(name => new BarGroup(name, [.. cells.Where(cell => groups.NameOf(cell) == name)
                .OrderBy(colors.ColorOf).Select(cell => BarOf(cell, metric, colors.ColorOf(cell)))]))],
            Caption = ["Dots: single runs."],
        };
    }

    private static Bar BarOf(CellResults cell, Metric metric, int color) => cell.Spread(metric) is { } spread
        ? new Bar(color, spread.Median, Figure.Text(spread.Median, metric.Unit)) { Low = spread.Low, High = spread.High, Runs = cell.Values(metric) }
        : new Bar(color, null, cell.SoundRuns.Count == 0 ? "no sound run" : "not measured");

    private static BarChart CpuByProcess(CampaignResults campaign, ChartRequest request, List<CellResults> cells)
    {
        var naming = new SeriesNaming(campaign.Plan, cells, _ => false, request.X ?? request.Series);
        var roles = cells.SelectMany(cell => cell.Runs).SelectMany(run => run.Processes).Select(use => use.Role).Distinct().ToList();
        return new BarChart
        {
            Title = request.Title,
            Value = new ChartAxis("cores used (CPU seconds per second)"),
            Series = roles,
            Stacked = true,
            Groups = [.. cells.OrderBy(naming.ColorOf).Select(cell => new BarGroup(naming.NameOf(cell),
                [.. roles.Select((role, i) => CoresOf(cell, role) is { } cores ? new Bar(i, cores, Figure.Plain(cores)) : new Bar(i, null, ""))]))],
            Caption = ["Medians over the repeats for each role; the figure to the right is their sum."],
        };
    }

    private static double? CoresOf(CellResults cell, string role) =>
        Spread.Of([.. cell.SoundRuns.Select(run => run.Role(role)?.Cores).OfType<double>()])?.Median;

    private static List<LinePoint> PercentileCurve(Histogram latency)
    {
        var points = new List<LinePoint>();
        var seen = 0L;
        foreach (var (upTo, count) in latency.Steps())
        {
            if (points.Count == 0) points.Add(new LinePoint(0, Milliseconds(upTo)));
            seen += count;
            var share = Math.Min((double)seen / latency.Count, 1 - ((double)CountBeyond / latency.Count));
            if (share <= 0) break;

            // Points closer than a pixel only make the file larger.
            if (Place(share) - Place(points[^1].X) > 0.01 || seen == latency.Count) points.Add(new LinePoint(share, Milliseconds(upTo)));
            if (latency.Count - seen < CountBeyond) break;
        }

        return points;
    }

    private static double Place(double share) => -Math.Log10(1 - share);

    // The log axis has no zero; a tenth of a microsecond is the histogram's own grain.
    private static double Milliseconds(TimeSpan latency) => Math.Max(latency.TotalMilliseconds, 1e-4);

    internal static string AxisTitle(Metric metric) => metric.Unit.Length == 0 ? metric.Title : $"{metric.Title} ({metric.Unit})";
}
