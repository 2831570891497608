using static Harness.Charts.SvgRenderer;

namespace Harness.Charts;

/// <summary>Draws panels over one axis of time, with what happened marked through all of them.</summary>
internal static class TimelineDrawing
{
    private const double PanelHeight = 190;
    private const double PanelGap = 34;
    private const double LabelRow = 17;
    private const double LabelGap = 12;

    /// <summary>Closer than this two points of a line cannot be pointed at apart.</summary>
    private const double SpotDistance = 10;

    /// <returns>Where the drawing ends.</returns>
    public static double Draw(SvgCanvas canvas, TimelineChart chart, double top)
    {
        var series = chart.Panels.SelectMany(panel => panel.Series).ToList();
        var legend = series.Where(line => !line.Faint && line.Name.Length > 0).DistinctBy(line => line.Name)
            .Select(line => new LegendEntry(line.Name, Palette.Color(line.Color), Palette.Dash(line.Color))).ToList();
        if (legend.Count > 1) top = DrawLegend(canvas, top, legend, keyWidth: 28, (x, y, entry) => canvas.Line(x, y, x + 22, y, entry.Color, 2.5, entry.Dash));

        // One left edge for all panels: the widest label of any decides.
        var scales = chart.Panels.Select(panel => Scale.Of(panel.Y, panel.Series.SelectMany(line => line.Points).Select(point => point.Y).Concat(panel.Levels.Select(level => level.Y)),
            PanelHeight, 0, tickCount: 4)).ToList();
        var left = Left + scales.SelectMany(scale => scale.Ticks).Max(tick => TextMetrics.Width(tick.Label, TextSize)) + 8;
        var times = Scale.Of(chart.X, series.SelectMany(line => line.Points).Select(point => point.X).Concat(chart.Marks.Select(mark => mark.To ?? mark.From)), left, Width - Right, tickCount: 8);

        var labels = Place(chart.Marks, times, left);
        var panelsTop = top + ((labels.Count == 0 ? 0 : labels.Max(label => label.Row) + 1) * LabelRow) + 4;
        var bottom = panelsTop + (chart.Panels.Count * (PanelHeight + PanelGap));
        DrawSpans(canvas, chart, times, panelsTop, bottom);
        for (var i = 0; i < chart.Panels.Count; i++)
        {
            var panelTop = panelsTop + PanelGap + (i * (PanelHeight + PanelGap));
            DrawPanel(canvas, chart, chart.Panels[i], times, Scale.Of(chart.Panels[i].Y, [scales[i].Ticks[0].At, scales[i].Ticks[^1].At], panelTop + PanelHeight, panelTop, tickCount: 4), left, panelTop);
        }

        DrawMarks(canvas, labels, top, bottom);
        foreach (var tick in times.Ticks)
        {
            canvas.Line(times[tick.At], bottom, times[tick.At], bottom + 5, Palette.Frame);
            if (tick.Label != "") canvas.Text(times[tick.At], bottom + 20, tick.Label, TextSize, Anchor.Middle, Palette.Muted);
        }

        canvas.Text((left + Width - Right) / 2, bottom + 42, chart.X.Title, TextSize, Anchor.Middle, Palette.Muted);
        return bottom + 50;
    }

    private static void DrawSpans(SvgCanvas canvas, TimelineChart chart, Scale times, double top, double bottom)
    {
        foreach (var mark in chart.Marks.Where(mark => mark.To is not null))
            canvas.Rect(times[mark.From], top, times[mark.To!.Value] - times[mark.From], bottom - top, Palette.Trouble, mark.Label);
    }

    private static void DrawPanel(SvgCanvas canvas, TimelineChart chart, TimelinePanel panel, Scale x, Scale y, double left, double top)
    {
        canvas.Text(Left, top - 12, panel.Y.Title, TextSize, color: Palette.Muted);
        foreach (var tick in y.Ticks)
        {
            canvas.Line(left, y[tick.At], Width - Right, y[tick.At], tick.Label == "" ? Palette.MinorGrid : Palette.Grid);
            if (tick.Label != "") canvas.Text(left - 8, y[tick.At] + 4.5, tick.Label, TextSize, Anchor.End, Palette.Muted);
        }

        if (chart.BeforeZero.Length > 0 && x[0] - left > TextMetrics.Width(chart.BeforeZero, CaptionSize) + 8)
            canvas.Text(left + 5, top + 13, chart.BeforeZero, CaptionSize, color: Palette.Muted);
        if (chart.BeforeZero.Length > 0 && x[0] > left) canvas.Line(x[0], top, x[0], top + PanelHeight, Palette.Frame, 1, "2 3");
        foreach (var level in panel.Levels) canvas.Line(left, y[level.Y], Width - Right, y[level.Y], Palette.Muted, 1.25, "5 4");
        foreach (var line in panel.Series.OrderByDescending(line => line.Faint))
        {
            var places = line.Points.Select(point => (x[point.X], y[point.Y])).ToList();
            // A single point between two silences would have no line to be seen by.
            if (places.Count == 1) canvas.Circle(places[0].Item1, places[0].Item2, 1.2, Palette.Color(line.Color), Palette.Color(line.Color));
            else canvas.Path(places, Palette.Color(line.Color), line.Faint ? 1 : 1.75, Palette.Dash(line.Color), line.Faint ? 0.35 : 1);
            if (!line.Faint) DrawSpots(canvas, chart, panel, line, places);
        }

        canvas.Line(left, top + PanelHeight, Width - Right, top + PanelHeight, Palette.Frame);
    }

    private static void DrawSpots(SvgCanvas canvas, TimelineChart chart, TimelinePanel panel, LineSeries line, List<(double X, double Y)> places)
    {
        var last = double.NegativeInfinity;
        foreach (var (point, place) in line.Points.Zip(places))
            if (place.X - last >= SpotDistance) canvas.Spot(last = place.X, place.Y, SpotDistance / 2, Tip.Of(line.Name, chart.X, panel.Y, point));
    }

    private static void DrawMarks(SvgCanvas canvas, List<PlacedLabel> labels, double top, double bottom)
    {
        foreach (var label in labels)
        {
            var y = top + (label.Row * LabelRow) + 10;
            canvas.Line(label.Line, y - 9, label.Line, bottom, Palette.Bad, 1.25, "4 3");
        }

        foreach (var label in labels)
        {
            var y = top + (label.Row * LabelRow) + 10;
            canvas.Rect(label.From, y - 10, label.To - label.From, 14, Palette.Paper);
            canvas.Text(label.From, y, label.Text, CaptionSize, color: Palette.Bad, bold: true);
        }
    }

    // To the right of its line, or to the left where it would reach over the edge; in the first row in which it covers no other.
    private static List<PlacedLabel> Place(IReadOnlyList<TimeMark> marks, Scale times, double left)
    {
        var placed = new List<PlacedLabel>();
        foreach (var mark in marks.OrderBy(mark => mark.From))
        {
            var line = times[mark.From];
            var width = TextMetrics.Width(mark.Label, CaptionSize, bold: true);
            var from = line + 5 + width <= Width - Right ? line + 5 : Math.Max(left, line - 5 - width);
            var row = 0;
            while (placed.Exists(other => other.Row == row && from < other.To + LabelGap && other.From < from + width + LabelGap)) row++;
            placed.Add(new PlacedLabel(mark.Label, line, from, from + width, row));
        }

        return placed;
    }

    private sealed record PlacedLabel(string Text, double Line, double From, double To, int Row);
}
