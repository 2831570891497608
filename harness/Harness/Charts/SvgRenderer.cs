namespace Harness.Charts;

/// <summary>Draws charts as SVG: self-contained, text as text, legible in print.</summary>
public sealed class SvgRenderer : IChartRenderer
{
    internal const double Width = 860;
    internal const double Left = 24;
    internal const double Right = 40; // the last tick label is centred on the end of its axis and hangs over
    internal const double TextSize = 13;
    internal const double CaptionSize = 11.5;
    private const double TitleSize = 17;

    public string Extension => ".svg";

    /// <summary>Leaves out title and what stands below: for a page that says both in its own words' size.</summary>
    public bool Bare { get; init; }

    public string Render(Chart chart)
    {
        var canvas = new SvgCanvas();
        var top = Bare ? 2 : DrawTitle(canvas, chart);
        var bottom = chart switch
        {
            LineChart lines => LineDrawing.Draw(canvas, lines, top),
            BarChart bars => BarDrawing.Draw(canvas, bars, top),
            TimelineChart timeline => TimelineDrawing.Draw(canvas, timeline, top),
            _ => throw new ArgumentException($"no way to draw a {chart.GetType().Name}", nameof(chart)),
        };
        return canvas.ToSvg(Width, Bare ? Math.Ceiling(bottom + 4) : DrawCaption(canvas, chart, bottom), chart.Title);
    }

    internal static void DrawInterval(SvgCanvas canvas, double x1, double y1, double x2, double y2, Paint color)
    {
        canvas.Line(x1, y1, x2, y2, color, 1.5);
        var (capX, capY) = x1 == x2 ? (4, 0) : (0, 4);
        canvas.Line(x1 - capX, y1 - capY, x1 + capX, y1 + capY, color, 1.5);
        canvas.Line(x2 - capX, y2 - capY, x2 + capX, y2 + capY, color, 1.5);
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

    private static double DrawTitle(SvgCanvas canvas, Chart chart)
    {
        var y = 14.0;
        foreach (var line in TextMetrics.Wrap(chart.Title, TitleSize, Width - Left - Right, bold: true))
            canvas.Text(Left, y += TitleSize + 4, line, TitleSize, bold: true);
        return y + 12;
    }

    private static double DrawCaption(SvgCanvas canvas, Chart chart, double top)
    {
        var y = top + 6;
        foreach (var line in chart.Caption.Concat(chart.SmallPrint).SelectMany(paragraph => TextMetrics.Wrap(paragraph, CaptionSize, Width - Left - Right)))
            canvas.Text(Left, y += 16, line, CaptionSize, color: Palette.Muted);
        return Math.Ceiling(y + 16);
    }

    internal sealed record LegendEntry(string Name, Paint Color, string Dash);
}
