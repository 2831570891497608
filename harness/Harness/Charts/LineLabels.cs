using static Harness.Charts.SvgRenderer;

namespace Harness.Charts;

/// <summary>Names at the ends of their lines, where there is room for them: they are read without going back and forth to a legend.</summary>
internal static class LineLabels
{
    private const int CountMax = 8;
    private const double WidthMax = 190;
    private const double LineHeight = 16;

    /// <summary>How far a name may stand from the height at which its line ends before it looks like another's.</summary>
    private const double ShiftMax = 40;

    /// <summary>A line that ends long before the others would need a leader across them.</summary>
    private const double EndShareMin = 0.8;

    private const double Gap = 8;
    private const double KeyLength = 14;

    /// <summary>What names take to the right of the plot; 0 where there is none to say or not room enough.</summary>
    public static double RoomFor(IReadOnlyList<LineSeries> series)
    {
        var names = series.Select(line => line.Name).ToList();
        var width = names.Select(name => TextMetrics.Width(name, TextSize)).DefaultIfEmpty(0).Max();
        return names.Count is < 2 or > CountMax || width > WidthMax ? 0 : width + Gap + KeyLength + 4;
    }

    /// <summary>Where each name goes; null where they would have to stand too far from their lines.</summary>
    /// <param name="series">Those with a name, each with a point at least.</param>
    /// <param name="x">Places their points between the axis and <paramref name="right"/>.</param>
    /// <param name="y">Places them from the top of the plot on.</param>
    /// <param name="left">Where the plot begins.</param>
    /// <param name="right">Where it ends and the names begin.</param>
    /// <param name="height">The height of the plot.</param>
    public static IReadOnlyList<LineLabel>? Place(IReadOnlyList<LineSeries> series, Scale x, Scale y, double left, double right, double height)
    {
        var ends = series.Select(line => (Line: line, X: x[line.Points[^1].X], Y: y[line.Points[^1].Y])).OrderBy(end => end.Y).ToList();
        if (ends.Exists(end => end.X < left + (EndShareMin * (right - left)))) return null;

        // Down in their order, each as high as it may stand; then what went over the bottom is pushed up again.
        var places = new double[ends.Count];
        for (var i = 0; i < ends.Count; i++) places[i] = Math.Max(ends[i].Y, i == 0 ? 0 : places[i - 1] + LineHeight);
        for (var i = ends.Count - 1; i >= 0; i--) places[i] = Math.Min(places[i], i == ends.Count - 1 ? height : places[i + 1] - LineHeight);
        if (ends.Where((end, i) => Math.Abs(end.Y - places[i]) > ShiftMax).Any()) return null;

        return [.. ends.Select((end, i) => new LineLabel(end.Line, end.X, end.Y, places[i]))];
    }

    /// <param name="canvas">Where to.</param>
    /// <param name="label">What.</param>
    /// <param name="right">Where the plot ends.</param>
    /// <param name="top">Where it begins.</param>
    /// <param name="color">The line's.</param>
    public static void Draw(SvgCanvas canvas, LineLabel label, double right, double top, Paint color)
    {
        var y = top + label.Y;
        canvas.Path([(label.EndX + 5, top + label.EndY), (right + 2, top + label.EndY), (right + Gap, y)], color, 1, opacity: 0.5);
        canvas.Path([(right + Gap, y), (right + Gap + KeyLength, y)], color, 2.25, Palette.Dash(label.Line.Color));
        canvas.Text(right + Gap + KeyLength + 4, y + 4.5, label.Line.Name, TextSize);
    }
}

/// <summary>A name to be written at a height of the plot, and where its line ends.</summary>
internal sealed record LineLabel(LineSeries Line, double EndX, double EndY, double Y);
