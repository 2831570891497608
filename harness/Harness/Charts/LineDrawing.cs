using static Harness.Charts.SvgRenderer;

namespace Harness.Charts;

/// <summary>Draws lines over two axes.</summary>
internal static class LineDrawing
{
    private const double PlotHeight = 340;

    /// <summary>Closer than this two points of a line cannot be pointed at apart.</summary>
    private const double SpotDistance = 14;

    /// <returns>Where the drawing ends.</returns>
    public static double Draw(SvgCanvas canvas, LineChart chart, double top)
    {
        var colors = chart.Series.Max(series => (int?)series.Color) + 1 ?? 1;
        Paint ColorOf(int index) => chart.SeriesAreOrdered ? Palette.Color(index, colors) : Palette.Color(index);

        var named = chart.Series.Where(series => !series.Faint && series.Name.Length > 0 && series.Points.Count > 0).ToList();
        var right = Width - Right - LineLabels.RoomFor(named);
        var (x, y, left) = ScalesOf(chart, 0, right);
        var labels = right < Width - Right ? LineLabels.Place(named, x, y, left, right, PlotHeight) : null;
        if (labels is null)
        {
            right = Width - Right;
            var legend = named.Select(series => new LegendEntry(series.Name, ColorOf(series.Color), Palette.Dash(series.Color))).ToList();
            top = DrawLegend(canvas, top, legend, keyWidth: 28, (keyX, keyY, entry) => canvas.Line(keyX, keyY, keyX + 22, keyY, entry.Color, 2.5, entry.Dash));
        }

        canvas.Text(Left, top + 12, chart.Y.Title, TextSize, color: Palette.Muted);
        top += 28;
        (x, y, left) = ScalesOf(chart, top, right);
        DrawAxes(canvas, chart, x, y, left, right, top);
        DrawLevels(canvas, chart, x, y, left, right, ColorOf);
        foreach (var series in chart.Series.OrderByDescending(series => series.Faint)) DrawSeries(canvas, chart, series, ColorOf(series.Color), x, y);
        foreach (var label in labels ?? []) LineLabels.Draw(canvas, label, right, top, ColorOf(label.Line.Color));

        canvas.Text((left + right) / 2, top + PlotHeight + 42, chart.X.Title, TextSize, Anchor.Middle, Palette.Muted);
        return top + PlotHeight + 50;
    }

    private static (Scale X, Scale Y, double Left) ScalesOf(LineChart chart, double top, double right)
    {
        var points = chart.Series.SelectMany(series => series.Points).ToList();
        var levels = chart.Levels.Select(level => level.Y);
        var y = Scale.Of(chart.Y, points.SelectMany(p => new[] { p.Y, p.Low ?? p.Y, p.High ?? p.Y }).Concat(levels), top + PlotHeight, top);
        var left = Left + y.Ticks.Max(tick => TextMetrics.Width(tick.Label, TextSize)) + 8;
        return (Scale.Of(chart.X, points.Select(p => p.X), left, right, tickCount: 8), y, left);
    }

    private static void DrawAxes(SvgCanvas canvas, LineChart chart, Scale x, Scale y, double left, double right, double top)
    {
        if (chart.BeforeZero.Length > 0 && x[0] > left)
        {
            canvas.Rect(left, top, x[0] - left, PlotHeight, Palette.MinorGrid);
            if (TextMetrics.Width(chart.BeforeZero, CaptionSize) + 8 < x[0] - left)
                canvas.Text(left + 5, top + 14, chart.BeforeZero, CaptionSize, color: Palette.Muted);
        }

        foreach (var tick in y.Ticks)
        {
            canvas.Line(left, y[tick.At], right, y[tick.At], tick.Label == "" ? Palette.MinorGrid : Palette.Grid);
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

        canvas.Line(left, bottom, right, bottom, Palette.Frame);
    }

    private static void DrawLevels(SvgCanvas canvas, LineChart chart, Scale x, Scale y, double left, double right, Func<int, Paint> colorOf)
    {
        var labelled = new List<double>();
        foreach (var level in chart.Levels.OrderByDescending(level => level.Y))
        {
            var at = y[level.Y];
            canvas.Line(left, at, right, at, level.Color is { } color ? colorOf(color) : Palette.Muted, 1.25, "5 4", level.Label);
            if (labelled.Exists(other => Math.Abs(other - at) < CaptionSize + 4)) continue;

            // At the right end, unless lines run through it there and not at the left.
            var (width, top) = (TextMetrics.Width(level.Label, CaptionSize), at - 5 - CaptionSize);
            if (!IsCrossed(chart, x, y, right - width, right, top, at) || IsCrossed(chart, x, y, left, left + 4 + width, top, at))
                canvas.Text(right, at - 5, level.Label, CaptionSize, Anchor.End, Palette.Muted);
            else
                canvas.Text(left + 4, at - 5, level.Label, CaptionSize, color: Palette.Muted);
            labelled.Add(at);
        }
    }

    /// <summary>Whether a line of the chart runs through a rectangle.</summary>
    private static bool IsCrossed(LineChart chart, Scale x, Scale y, double left, double right, double top, double bottom)
    {
        foreach (var series in chart.Series)
        {
            var points = series.Points;
            for (var i = 0; i < points.Count; i++)
            {
                var (a, b) = (points[i], points[Math.Min(i + 1, points.Count - 1)]); // The last one is a line to itself.
                if (b.X < a.X) (a, b) = (b, a); // More was offered, and less achieved.
                var (fromX, fromY, toX, toY) = (x[a.X], y[a.Y], x[b.X], y[b.Y]);
                if (toX < left || fromX > right) continue;

                double At(double place) => toX == fromX ? fromY : fromY + ((toY - fromY) * (Math.Clamp(place, fromX, toX) - fromX) / (toX - fromX));
                var (enters, leaves) = (At(left), At(right));
                if (Math.Max(enters, leaves) >= top && Math.Min(enters, leaves) <= bottom) return true;
            }
        }

        return false;
    }

    private static void DrawSeries(SvgCanvas canvas, LineChart chart, LineSeries series, Paint color, Scale x, Scale y)
    {
        var places = series.Points.Select(p => (X: x[p.X], Y: y[p.Y])).ToList();
        if (!series.Unconnected) canvas.Path(places, color, series.Faint ? 1 : 2.25, Palette.Dash(series.Color), series.Faint ? 0.35 : 1);
        if (series.Faint) return;

        foreach (var point in series.Points.Where(point => point.Low is not null && point.High is not null))
            DrawInterval(canvas, x[point.X], y[point.Low!.Value], x[point.X], y[point.High!.Value], color);

        var last = double.NegativeInfinity;
        foreach (var (point, place) in series.Points.Zip(places))
        {
            var tip = Tip.Of(series.Name, chart.X, chart.Y, point);
            if (series.Markers) canvas.Circle(place.X, place.Y, 4, point.Hollow ? Palette.Paper : color, color, 2, tip);
            else if (place.X - last >= SpotDistance) canvas.Spot(last = place.X, place.Y, SpotDistance / 2, tip);
        }
    }
}
