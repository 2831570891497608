using static Harness.Charts.SvgRenderer;

namespace Harness.Charts;

/// <summary>Draws bars, in groups side by side or stacked.</summary>
internal static class BarDrawing
{
    private const double LabelWidthMax = 270;
    private const double BarHeight = 20;

    /// <returns>Where the drawing ends.</returns>
    public static double Draw(SvgCanvas canvas, BarChart chart, double top)
    {
        if (chart.Series.Count > 1)
        {
            List<LegendEntry> legend = [.. chart.Series.Select((name, i) => new LegendEntry(name, Palette.Color(i), ""))];
            top = DrawLegend(canvas, top, legend, keyWidth: 18, (x, y, entry) => canvas.Rect(x, y - 6, 12, 12, entry.Color));
        }

        var labels = chart.Groups.Select(group => TextMetrics.Wrap(group.Label, TextSize, LabelWidthMax)).ToList();
        var left = Left + labels.SelectMany(lines => lines).Select(line => TextMetrics.Width(line, TextSize)).DefaultIfEmpty(0).Max() + 12;
        var textWidth = chart.Groups.SelectMany(group => group.Bars).Select(bar => TextMetrics.Width(bar.Text, TextSize)).DefaultIfEmpty(0).Max();
        var values = chart.Stacked
            ? chart.Groups.Select(group => group.Bars.Sum(bar => bar.Value ?? 0))
            : chart.Groups.SelectMany(group => group.Bars).SelectMany(bar => bar.Runs.Append(bar.Value ?? 0).Append(bar.High ?? 0));
        var right = Width - Right - (chart.Stacked ? 60 : Math.Min(textWidth + 8, 260));
        var x = Scale.Of(chart.Value, values, left, right, tickCount: 5);

        // Heights first: the grid goes below the bars.
        var heights = chart.Groups
            .Zip(labels, (group, lines) => Math.Max((chart.Stacked ? 1 : group.Bars.Count) * (BarHeight + 4), (lines.Count * 16) + 4)).ToList();
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
            if (chart.Stacked) DrawStack(canvas, chart, chart.Groups[i], x, left, middle - (BarHeight / 2));
            else DrawGroup(canvas, chart, chart.Groups[i], x, left, middle - (chart.Groups[i].Bars.Count * (BarHeight + 4) / 2) + 2);
            y += heights[i] + 14;
        }

        canvas.Text((left + right) / 2, bottom + 40, chart.Value.Title, TextSize, Anchor.Middle, Palette.Muted);
        return bottom + 48;
    }

    private static void DrawGroup(SvgCanvas canvas, BarChart chart, BarGroup group, Scale x, double left, double y)
    {
        foreach (var bar in group.Bars)
        {
            var middle = y + (BarHeight / 2);
            var end = left;
            if (bar.Value is { } value)
            {
                canvas.Rect(left, y, x[value] - left, BarHeight, Palette.Color(bar.Series), Tip.Of(chart, group, bar));
                foreach (var run in bar.Runs) canvas.Circle(x[run], middle + 5, 2.2, Palette.Paper, Palette.Ink, 0.8, Tip.OfRun(chart, run));
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

    private static void DrawStack(SvgCanvas canvas, BarChart chart, BarGroup group, Scale x, double left, double y)
    {
        var total = 0.0;
        foreach (var bar in group.Bars.Where(bar => bar.Value is > 0))
        {
            var (from, to) = (total == 0 ? left : x[total], x[total += bar.Value!.Value]);
            canvas.Rect(from, y, to - from, BarHeight, Palette.Color(bar.Series), Tip.Of(chart, group, bar));
            if (TextMetrics.Width(bar.Text, CaptionSize) + 6 <= to - from)
                canvas.Text((from + to) / 2, y + 14.5, bar.Text, CaptionSize, Anchor.Middle, Palette.TextOn(Palette.Color(bar.Series)));
        }

        if (total > 0) canvas.Text(x[total] + 8, y + 14.5, Results.Figure.Plain(total), TextSize);
        else canvas.Text(left + 8, y + 14.5, "no sound run", TextSize, color: Palette.Bad, bold: true);
    }
}
