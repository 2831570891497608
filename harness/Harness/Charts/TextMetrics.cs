namespace Harness.Charts;

/// <summary>How wide a text will be, without a font at hand.</summary>
/// <remarks>Widths of Helvetica in thousandths of the font size (Arial and Liberation Sans share them), plus a margin for
/// viewers that substitute a wider font: a label that is a little apart is better than one that is cut off.</remarks>
internal static class TextMetrics
{
    private const double Margin = 1.1;
    private const int OtherWidth = 600;

    // Space to tilde.
    private static readonly int[] Widths =
    [
        278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
        556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
        667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
        556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
    ];

    public static double Width(string text, double size, bool bold = false) =>
        text.Sum(c => c is >= ' ' and <= '~' ? Widths[c - ' '] : OtherWidth) * size / 1000 * Margin * (bold ? 1.07 : 1);

    /// <summary>Breaks a text into lines of at most <paramref name="width"/>, at spaces; a word that is too long by itself is broken anywhere.</summary>
    public static IReadOnlyList<string> Wrap(string text, double size, double width, bool bold = false)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            if (line.Length > 0 && Width(line + " " + rest, size, bold) <= width)
            {
                line += " " + rest;
                continue;
            }

            if (line.Length > 0) lines.Add(line);
            while (Width(rest, size, bold) > width && rest.Length > 1)
            {
                var fits = Enumerable.Range(1, rest.Length - 1).LastOrDefault(n => Width(rest[..n], size, bold) <= width, 1);
                lines.Add(rest[..fits]);
                rest = rest[fits..];
            }

            line = rest;
        }

        if (line.Length > 0) lines.Add(line);
        return lines;
    }
}
