namespace Harness.Charts;

/// <summary>Draws charts as SVG: self-contained, text as text, legible in print.</summary>
public sealed class SvgRenderer : IChartRenderer
{
    internal const double Width = 860;
    internal const double Left = 24;
    internal const double Right = 40; // the last tick label is centred on the end of its axis and hangs over
    private const double PlotHeight = 340;
    private const double TitleSize = 17;
    internal const double TextSize = 13;
    internal const double CaptionSize = 11.5;
    private const double LabelWidthMax = 270;
    private const double BarHeight = 20;

    public string Extension => ".svg";

    public string Render(Chart chart)
    {
        var canvas = new SvgCanvas();
        var bottom = chart switch
        {
            LineChart lines => DrawLines(canvas, lines),
            BarChart bars => DrawBars(canvas, bars),
            TimelineChart timeline => TimelineDrawing.Draw(canvas, timeline),
            _ => throw new ArgumentException($"no way to draw a {chart.GetType().Name}", nameof(chart)),
        };
        return canvas.ToSvg(Width, DrawCaption(canvas, chart, bottom), chart.Title);
    }

    private static double DrawLines(SvgCanvas canvas, LineChart chart)
    {
        var colors = chart.Series.Max(series => (int?)series.Color) + 1 ?? 1;
        string ColorOf(int index) => chart.SeriesAreOrdered ? Palette.Color(index, colors) : Palette.Color(index);

        var top = DrawTitle(canvas, chart);
        var named = chart.Series.Where(series => !series.Faint && series.Name.Length > 0).ToList();
        var legend = named.Select(series => new LegendEntry(series.Name, ColorOf(series.Color), Palette.Dash(series.Color))).ToList();
        top = DrawLegend(canvas, top, legend, keyWidth: 28, (x, y, entry) => canvas.Line(x, y, x + 22, y, entry.Color, 2.5, entry.Dash));
        canvas.Text(Left, top + 12, chart.Y.Title, TextSize, color: Palette.Muted);
        top += 28;

        var points = chart.Series.SelectMany(series => series.Points).ToList();
        var levels = chart.Levels.Select(level => level.Y);
        var y = Scale.Of(chart.Y, points.SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y }).Concat(levels), top + PlotHeight, top);
        var left = Left + y.Ticks.Max(tick => TextMetrics.Width(tick.Label, TextSize)) + 8;
        var x = Scale.Of(chart.X, points.Select(p => p.X), left, Width - Right, tickCount: 8);

        if (chart.BeforeZero.Length > 0 && x[0] > left)
        {
            canvas.Rect(left, top, x[0] - left, PlotHeight, Palette.MinorGrid);
            if (TextMetrics.Width(chart.BeforeZero, CaptionSize) + 8 < x[0] - left) canvas.Text(left + 5, top + 14, chart.BeforeZero, CaptionSize, color: Palette.Muted);
        }

        foreach (var tick in y.Ticks)
        {
            canvas.Line(left, y[tick.At], Width - Right, y[tick.At], tick.Label == "" ? Palette.MinorGrid : Palette.Grid);
            if (tick.Label != "") canvas.Text(left - 8, y[tick.At] + 4.5, tick.Label, TextSize, Anchor.End, Palette.Muted);
        }

        var bottom = top + PlotHeight;
        var free = double.NegativeInfinity;
        foreach (var tick in x.Ticks)
        {
            canvas.Line(x[tick.At], bottom, x[tick.At], bottom + 5, Palette.Frame);
            if (chart.X.Scale == AxisScale.Percentile) canvas.Line(x[tick.At], top, x[tick.At], bottom, Palette.MinorGrid);
            var half = TextMetrics.Width(tick.Label, TextSize) / 2;
            if (tick.Label == "" || x[tick.At] - half < free) continue;

            canvas.Text(x[tick.At], bottom + 20, tick.Label, TextSize, Anchor.Middle, Palette.Muted);
            free = x[tick.At] + half + 6;
        }

        canvas.Line(left, bottom, Width - Right, bottom, Palette.Frame);
        var labelled = new List<double>();
        foreach (var level in chart.Levels.OrderByDescending(level => level.Y))
        {
            var at = y[level.Y];
            canvas.Line(left, at, Width - Right, at, level.Color is { } color ? ColorOf(color) : Palette.Muted, 1.25, "5 4");
            if (labelled.Exists(other => Math.Abs(other - at) < CaptionSize + 4)) continue;

            canvas.Text(Width - Right, at - 5, level.Label, CaptionSize, Anchor.End, Palette.Muted);
            labelled.Add(at);
        }

        foreach (var series in chart.Series.OrderByDescending(series => series.Faint)) DrawSeries(canvas, series, ColorOf(series.Color), x, y);

        canvas.Text((left + Width - Right) / 2, bottom + 42, chart.X.Title, TextSize, Anchor.Middle, Palette.Muted);
        return bottom + 50;
    }

    private static void DrawSeries(SvgCanvas canvas, LineSeries series, string color, Scale x, Scale y)
    {
        var places = series.Points.Select(p => (X: x[p.X], Y: y[p.Y])).ToList();
        if (!series.Unconnected) canvas.Path(places, color, series.Faint ? 1 : 2.25, Palette.Dash(series.Color), series.Faint ? 0.35 : 1);
        foreach (var point in series.Points.Where(point => point.Low is not null && point.High is not null && !series.Faint))
            DrawInterval(canvas, x[point.X], y[point.Low!.Value], x[point.X], y[point.High!.Value], color);
        if (!series.Markers) return;

        foreach (var point in series.Points)
            canvas.Circle(x[point.X], y[point.Y], 4, point.Hollow ? Palette.Paper : color, color, 2);
    }

    private static void DrawInterval(SvgCanvas canvas, double x1, double y1, double x2, double y2, string color)
    {
        canvas.Line(x1, y1, x2, y2, color, 1.5);
        var (capX, capY) = x1 == x2 ? (4, 0) : (0, 4);
        canvas.Line(x1 - capX, y1 - capY, x1 + capX, y1 + capY, color, 1.5);
        canvas.Line(x2 - capX, y2 - capY, x2 + capX, y2 + capY, color, 1.5);
    }

    private static double DrawBars(SvgCanvas canvas, BarChart chart)
    {
        var top = DrawTitle(canvas, chart);
        if (chart.Series.Count > 1)
            top = DrawLegend(canvas, top, [.. chart.Series.Select((name, i) => new LegendEntry(name, Palette.Color(i), ""))], keyWidth: 18, (x, y, entry) => canvas.Rect(x, y - 6, 12, 12, entry.Color));

        var labels = chart.Groups.Select(group => TextMetrics.Wrap(group.Label, TextSize, LabelWidthMax)).ToList();
        var left = Left + labels.SelectMany(lines => lines).Select(line => TextMetrics.Width(line, TextSize)).DefaultIfEmpty(0).Max() + 12;
        var textWidth = chart.Groups.SelectMany(group => group.Bars).Select(bar => TextMetrics.Width(bar.Text, TextSize)).DefaultIfEmpty(0).Max();
        var values = chart.Stacked
            ? chart.Groups.Select(group => group.Bars.Sum(bar => bar.Value ?? 0))
            : chart.Groups.SelectMany(group => group.Bars).SelectMany(bar => bar.Runs.Append(bar.Value ?? 0).Append(bar.High ?? 0));
        var right = Width - Right - (chart.Stacked ? 60 : Math.Min(textWidth + 8, 260));
        var x = Scale.Of(chart.Value, values, left, right, tickCount: 5);

        // Heights first: the grid goes below the bars.
        var heights = chart.Groups.Zip(labels, (group, lines) => Math.Max((chart.Stacked ? 1 : group.Bars.Count) * (BarHeight + 4), (lines.Count * 16) + 4)).ToList();
        var bottom = top + 8 + heights.Sum() + (14 * heights.Count);
        foreach (var tick in x.Ticks)
        {
            canvas.Line(x[tick.At], top, x[tick.At], bottom, Palette.Grid);
            canvas.Text(x[tick.At], bottom + 18, tick.Label, TextSize, Anchor.Middle, Palette.Muted);
        }

        canvas.Line(left, top, left, bottom, Palette.Frame);
        var y = top + 8;
        for (var i = 0; i < chart.Groups.Count; i++)
        {
            var middle = y + (heights[i] / 2);
            for (var line = 0; line < labels[i].Count; line++)
                canvas.Text(left - 10, middle + 4.5 + ((line - ((labels[i].Count - 1) / 2.0)) * 16), labels[i][line], TextSize, Anchor.End);
            if (chart.Stacked) DrawStack(canvas, chart.Groups[i], x, left, middle - (BarHeight / 2));
            else DrawGroup(canvas, chart.Groups[i], x, left, middle - (chart.Groups[i].Bars.Count * (BarHeight + 4) / 2) + 2);
            y += heights[i] + 14;
        }

        canvas.Text((left + right) / 2, bottom + 40, chart.Value.Title, TextSize, Anchor.Middle, Palette.Muted);
        return bottom + 48;
    }

    private static void DrawGroup(SvgCanvas canvas, BarGroup group, Scale x, double left, double y)
    {
        foreach (var bar in group.Bars)
        {
            var middle = y + (BarHeight / 2);
            var end = left;
            if (bar.Value is { } value)
            {
                canvas.Rect(left, y, x[value] - left, BarHeight, Palette.Color(bar.Series));
                foreach (var run in bar.Runs) canvas.Circle(x[run], middle + 5, 2.2, Palette.Paper, Palette.Ink, 0.8);
                end = bar.Runs.Append(value).Max(run => x[run]);
                if (bar.Low is { } low && bar.High is { } high && high > low)
                {
                    DrawInterval(canvas, x[low], middle - 3, x[high], middle - 3, Palette.Ink);
                    end = Math.Max(end, x[high]);
                }
            }

            canvas.Text(end + 8, middle + 4.5, bar.Text, TextSize, color: bar.Value is null ? Palette.Bad : Palette.Ink, bold: bar.Value is null);
            y += BarHeight + 4;
        }
    }

    private static void DrawStack(SvgCanvas canvas, BarGroup group, Scale x, double left, double y)
    {
        var total = 0.0;
        foreach (var bar in group.Bars.Where(bar => bar.Value is > 0))
        {
            var (from, to) = (total == 0 ? left : x[total], x[total += bar.Value!.Value]);
            canvas.Rect(from, y, to - from, BarHeight, Palette.Color(bar.Series));
            if (TextMetrics.Width(bar.Text, CaptionSize) + 6 <= to - from)
                canvas.Text((from + to) / 2, y + 14.5, bar.Text, CaptionSize, Anchor.Middle, Palette.TextOn(Palette.Color(bar.Series)));
        }

        if (total > 0) canvas.Text(x[total] + 8, y + 14.5, Results.Figure.Plain(total), TextSize);
        else canvas.Text(left + 8, y + 14.5, "no sound run", TextSize, color: Palette.Bad, bold: true);
    }

    internal static double DrawTitle(SvgCanvas canvas, Chart chart)
    {
        var y = 14.0;
        foreach (var line in TextMetrics.Wrap(chart.Title, TitleSize, Width - Left - Right, bold: true))
            canvas.Text(Left, y += TitleSize + 4, line, TitleSize, bold: true);
        return y + 12;
    }

    /// <summary>Entries in a row as long as they fit, then in the next.</summary>
    internal static double DrawLegend(SvgCanvas canvas, double top, List<LegendEntry> entries, double keyWidth, Action<double, double, LegendEntry> drawKey)
    {
        if (entries.Count == 0) return top;

        var (x, y) = (Left, top + 6);
        foreach (var entry in entries)
        {
            var lines = TextMetrics.Wrap(entry.Name, TextSize, Width - Left - Right - keyWidth);
            var width = keyWidth + lines.Max(line => TextMetrics.Width(line, TextSize));
            if (x > Left && x + width > Width - Right) (x, y) = (Left, y + 20);
            drawKey(x, y, entry);
            for (var i = 0; i < lines.Count; i++) canvas.Text(x + keyWidth, y + 4.5 + (i * 16), lines[i], TextSize);
            y += (lines.Count - 1) * 16;
            x += width + 22;
        }

        return y + 18;
    }

    private static double DrawCaption(SvgCanvas canvas, Chart chart, double top)
    {
        var y = top + 6;
        foreach (var line in chart.Caption.SelectMany(paragraph => TextMetrics.Wrap(paragraph, CaptionSize, Width - Left - Right)))
            canvas.Text(Left, y += 16, line, CaptionSize, color: Palette.Muted);
        return Math.Ceiling(y + 16);
    }

    internal sealed record LegendEntry(string Name, string Color, string Dash);
}
