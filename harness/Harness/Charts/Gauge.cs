using Harness.Results;

namespace Harness.Charts;

/// <summary>A check as a small picture: a figure with its interval against its limit, the side that meets it shaded.</summary>
internal static class Gauge
{
    private const double Width = 240;
    private const double Height = 40;
    private const double Left = 4;
    private const double Right = 12;
    private const double Middle = 11;
    private const double TextSize = 11;

    /// <summary>A figure so far from its limit would leave one of the two at the edge.</summary>
    private const double FactorMax = 12;

    /// <summary>The picture; empty where it would show nothing that the words do not, such as a count that must be zero.</summary>
    public static string Svg(CheckFigure figure, CheckVerdict verdict, string title)
    {
        var highest = Math.Max(figure.High, figure.Limit);
        if (figure.Limit <= 0 || figure.Low < 0 || !double.IsFinite(highest) || highest > FactorMax * figure.Limit) return "";

        var canvas = new SvgCanvas();
        var scale = (Width - Left - Right) / (highest * 1.1);
        double X(double value) => Left + (value * scale);
        var limit = X(figure.Limit);
        var (from, to) = figure.Bound == CheckBound.AtMost ? (Left, limit) : (limit, Width - Right);
        canvas.Rect(Left, Middle - 7, Width - Left - Right, 14, Palette.MinorGrid);
        canvas.Rect(from, Middle - 7, to - from, 14, Palette.Allowed);
        canvas.Line(limit, Middle - 10, limit, Middle + 10, Palette.Muted, 1.5);

        var color = verdict switch { CheckVerdict.Met => Palette.Good, CheckVerdict.FellShort => Palette.Bad, _ => Palette.Muted };
        if (figure.High > figure.Low) SvgRenderer.DrawInterval(canvas, X(figure.Low), Middle, X(figure.High), Middle, color);
        canvas.Circle(X(figure.Value), Middle, 4.5, color, Palette.Paper, 1.5);

        // Numbers stand below their marks, kept inside the picture.
        var text = figure.LimitText;
        var half = TextMetrics.Width(text, TextSize) / 2;
        canvas.Text(Math.Clamp(limit, Left + half, Width - half), Height - 6, text, TextSize, Anchor.Middle, Palette.Muted);
        return canvas.ToSvg(Width, Height, title);
    }
}
