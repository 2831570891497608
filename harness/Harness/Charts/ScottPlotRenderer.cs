using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using ScottPlot.TickGenerators;

namespace Harness.Charts;

/// <summary>Draws the same charts with ScottPlot 5.1: for who has it and wants its looks, or its formats.</summary>
/// <remarks>
/// Part of builds with <c>-p:UseScottPlot=true</c> only, as neither ScottPlot nor SkiaSharp can be had everywhere. Logarithmic and percentile axes are
/// data placed beforehand with marks labelled by hand, as ScottPlot's axes are linear.
/// </remarks>
public sealed partial class ScottPlotRenderer : IChartRenderer
{
    private const int Width = 860;
    private const int PanelHeight = 480;
    private const int BarHeight = 30;
    private const float Thick = 2.5f;
    private const float Thin = 0.8f;

    private static ScottPlot.Color Ink => ScottPlot.Color.FromHex(Palette.Ink.Light);

    public string Extension => ".svg";

    public string Render(Chart chart) => chart switch
    {
        LineChart lines => Lines(lines),
        BarChart bars => Bars(bars),
        TimelineChart timeline => Timeline(timeline),
        _ => throw new ArgumentException($"no way to draw a {chart.GetType().Name}", nameof(chart)),
    };

    private static string Lines(LineChart chart)
    {
        using var plot = Titled(chart);
        AddSeries(plot, chart.X, chart.Y, chart.Series, chart.SeriesAreOrdered);
        AddLevels(plot, chart.Y, chart.Levels);
        SetAxes(plot, chart, chart.X, chart.Y, chart.Series, chart.Levels);
        return plot.GetSvgXml(Width, PanelHeight);
    }

    private static string Timeline(TimelineChart chart)
    {
        var drawn = new List<string>();
        foreach (var panel in chart.Panels)
        {
            using var plot = Titled(chart);
            AddSeries(plot, chart.X, panel.Y, panel.Series, areOrdered: false);
            AddLevels(plot, panel.Y, panel.Levels);
            var end = panel.Series.SelectMany(series => series.Points).Select(point => point.X).DefaultIfEmpty(0).Max();
            foreach (var mark in chart.Marks)
                plot.Add.HorizontalSpan(mark.From, mark.To ?? end, ScottPlot.Color.FromHex(Palette.Trouble.Light)).LegendText = mark.Label;
            SetAxes(plot, chart, chart.X, panel.Y, panel.Series, panel.Levels);
            drawn.Add(plot.GetSvgXml(Width, PanelHeight));
        }

        return Stacked(drawn);
    }

    private static string Bars(BarChart chart)
    {
        using var plot = Titled(chart);
        var place = 0.0;
        var (positions, labels) = (new List<double>(), new List<string>());
        foreach (var group in chart.Groups)
        {
            var first = place;
            var from = 0.0;
            foreach (var bar in group.Bars)
            {
                AddBar(plot, bar, place, from);
                if (chart.Stacked) from += bar.Value ?? 0;
                else place--;
            }

            positions.Add(chart.Stacked ? place : (first + place + 1) / 2);
            labels.Add(group.Label);
            place -= chart.Stacked ? 1 : 0.6;
        }

        // Colours are told by empty lines of the legend, as bars of one colour stand in several groups.
        for (var i = 0; i < chart.Series.Count && chart.Series.Count > 1; i++)
        {
            var key = plot.Add.Scatter(new double[] { 0 }, new double[] { 0 }, ColorOf(i, chart.Series.Count, areOrdered: false));
            (key.LegendText, key.MarkerSize, key.LineWidth) = (chart.Series[i], 0, 8);
        }

        plot.Axes.Left.TickGenerator = new NumericManual(positions.ToArray(), labels.ToArray());
        plot.XLabel(WithCaption(chart.Value.Title, chart));
        if (chart.Series.Count > 1) plot.ShowLegend();
        return plot.GetSvgXml(Width, 200 + (int)(BarHeight * -place));
    }

    private static void AddBar(ScottPlot.Plot plot, Bar bar, double place, double from)
    {
        if (bar.Value is { } value)
        {
            plot.Add.Bar(new ScottPlot.Bar
            {
                Position = place,
                ValueBase = from,
                Value = from + value,
                Size = 0.8,
                FillColor = ColorOf(bar.Series, bar.Series + 1, areOrdered: false),
                Orientation = ScottPlot.Orientation.Horizontal,
            });
            if (bar.Low is { } low && bar.High is { } high) AddInterval(plot, low, place, high, place, Ink);
            if (bar.Runs.Count > 1) plot.Add.Markers(bar.Runs.ToArray(), bar.Runs.Select(_ => place).ToArray(), ScottPlot.MarkerShape.OpenCircle, 5, Ink);
        }

        if (bar.Text.Length > 0) plot.Add.Text(bar.Text, Math.Max(from + (bar.Value ?? 0), bar.High ?? 0), place);
    }

    private static void AddSeries(ScottPlot.Plot plot, ChartAxis x, ChartAxis y, IReadOnlyList<LineSeries> all, bool areOrdered)
    {
        var colors = all.Select(series => series.Color + 1).DefaultIfEmpty(0).Max();
        foreach (var series in all)
        {
            var color = ColorOf(series.Color, colors, areOrdered);
            var line = plot.Add.Scatter(
                series.Points.Select(point => Placed(x, point.X)).ToArray(),
                series.Points.Select(point => Placed(y, point.Y)).ToArray(),
                series.Faint ? color.WithAlpha(0.35) : color);
            line.LineWidth = series.Unconnected ? 0 : series.Faint ? Thin : Thick;
            line.MarkerSize = series.Markers ? 7 : 0;
            if (!series.Faint && series.Name.Length > 0) line.LegendText = series.Name;
            foreach (var point in series.Points)
            {
                var at = Placed(x, point.X);
                if (point is { Low: { } low, High: { } high }) AddInterval(plot, at, Placed(y, low), at, Placed(y, high), color);
                if (point.Hollow) plot.Add.Marker(at, Placed(y, point.Y), ScottPlot.MarkerShape.OpenCircle, 11, color);
            }
        }
    }

    private static void AddInterval(ScottPlot.Plot plot, double x1, double y1, double x2, double y2, ScottPlot.Color color)
    {
        var line = plot.Add.Line(x1, y1, x2, y2);
        (line.LineColor, line.LineWidth, line.MarkerSize) = (color, 1.5f, 0);
    }

    private static void AddLevels(ScottPlot.Plot plot, ChartAxis y, IReadOnlyList<ReferenceLevel> levels)
    {
        foreach (var level in levels)
            plot.Add.HorizontalLine(Placed(y, level.Y), 1, ScottPlot.Color.FromHex(Palette.Muted.Light), ScottPlot.LinePattern.Dashed).LegendText = level.Label;
    }

    private static void SetAxes(
        ScottPlot.Plot plot, Chart chart, ChartAxis x, ChartAxis y, IReadOnlyList<LineSeries> series, IReadOnlyList<ReferenceLevel> levels)
    {
        var points = series.SelectMany(line => line.Points).ToList();
        var across = Scale.Of(x, points.Select(point => point.X), 0, 1).Ticks;
        var heights = points.SelectMany(point => new[] { point.Y, point.Low ?? point.Y, point.High ?? point.Y }).Concat(levels.Select(level => level.Y));
        var up = Scale.Of(y, heights, 0, 1).Ticks;
        plot.Axes.Bottom.TickGenerator = Marks(x, across);
        plot.Axes.Left.TickGenerator = Marks(y, up);
        plot.Axes.SetLimits(Placed(x, across[0].At), Placed(x, across[^1].At), Placed(y, up[0].At), Placed(y, up[^1].At));
        plot.XLabel(WithCaption(x.Title, chart));
        plot.YLabel(y.Title);
        if (series.Any(line => !line.Faint && line.Name.Length > 0)) plot.ShowLegend();
    }

    private static NumericManual Marks(ChartAxis axis, IReadOnlyList<Tick> ticks) =>
        new(ticks.Select(tick => Placed(axis, tick.At)).ToArray(), ticks.Select(tick => tick.Label).ToArray());

    private static ScottPlot.Plot Titled(Chart chart)
    {
        var plot = new ScottPlot.Plot();
        plot.Title(chart.Title);
        return plot;
    }

    // Durability, repeats, intervals and machine go wherever the picture goes.
    private static string WithCaption(string title, Chart chart)
    {
        const double Room = Width - SvgRenderer.Left - SvgRenderer.Right;
        var lines = chart.Caption.Concat(chart.SmallPrint).SelectMany(line => TextMetrics.Wrap(line, SvgRenderer.CaptionSize, Room));
        return $"{title}\n\n{string.Join('\n', lines)}";
    }

    private static double Placed(ChartAxis axis, double value) => axis.Scale switch
    {
        AxisScale.Log => Math.Log10(Math.Max(value, double.Epsilon)),
        AxisScale.Percentile => -Math.Log10(1 - Math.Min(value, 1 - 1e-12)),
        _ => value,
    };

    private static ScottPlot.Color ColorOf(int series, int count, bool areOrdered) =>
        ScottPlot.Color.FromHex((areOrdered ? Palette.Color(series, count) : Palette.Color(series)).Light);

    // One picture of several: each keeps its own names for what it refers to by name.
    private static string Stacked(List<string> pictures)
    {
        var all = new StringBuilder($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{PanelHeight * pictures.Count}\">\n");
        for (var i = 0; i < pictures.Count; i++)
        {
            var inner = pictures[i][pictures[i].IndexOf("<svg", StringComparison.Ordinal)..];
            var named = Names().Replace(inner, $"$1p{i}-");
            all.Append(CultureInfo.InvariantCulture, $"<svg y=\"{i * PanelHeight}\"").Append(named, 4, named.Length - 4).Append('\n');
        }

        return all.Append("</svg>\n").ToString();
    }

    [GeneratedRegex(@"( id=""|url\(#|href=""#)")]
    private static partial Regex Names();
}
