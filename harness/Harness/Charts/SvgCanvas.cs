using System.Globalization;
using System.Text;

namespace Harness.Charts;

internal enum Anchor
{
    Start,
    Middle,
    End,
}

/// <summary>Writes SVG elements. Text stays text; everything is styled by attributes, so that a chart inlined in a page changes nothing there.</summary>
internal sealed class SvgCanvas
{
    private const string Fonts = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

    private readonly StringBuilder _body = new();

    public void Text(double x, double y, string text, double size, Anchor anchor = Anchor.Start, string color = Palette.Ink, bool bold = false)
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<text x="{x:0.#}" y="{y:0.#}" font-size="{size:0.#}" fill="{color}" """);
        if (anchor != Anchor.Start) _body.Append(CultureInfo.InvariantCulture, $"""text-anchor="{(anchor == Anchor.Middle ? "middle" : "end")}" """);
        if (bold) _body.Append("""font-weight="600" """);
        _body.Length--;
        _body.Append('>').Append(Escape(text)).Append("</text>\n");
    }

    public void Line(double x1, double y1, double x2, double y2, string color, double width = 1, string dash = "")
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<line x1="{x1:0.#}" y1="{y1:0.#}" x2="{x2:0.#}" y2="{y2:0.#}" stroke="{color}" stroke-width="{width:0.##}" """);
        End(dash);
    }

    public void Path(IEnumerable<(double X, double Y)> points, string color, double width, string dash = "", double opacity = 1)
    {
        _body.Append("<path d=\"");
        var command = 'M';
        foreach (var (x, y) in points)
        {
            _body.Append(CultureInfo.InvariantCulture, $"{command}{x:0.#} {y:0.#}");
            command = 'L';
        }

        _body.Append(CultureInfo.InvariantCulture, $"""{'"'} fill="none" stroke="{color}" stroke-width="{width:0.##}" stroke-linejoin="round" stroke-linecap="round" """);
        if (opacity < 1) _body.Append(CultureInfo.InvariantCulture, $"""stroke-opacity="{opacity:0.##}" """);
        End(dash);
    }

    public void Rect(double x, double y, double width, double height, string fill) =>
        _body.Append(CultureInfo.InvariantCulture, $"""<rect x="{x:0.#}" y="{y:0.#}" width="{Math.Max(width, 0):0.#}" height="{height:0.#}" fill="{fill}"/>""").Append('\n');

    public void Circle(double x, double y, double radius, string fill, string stroke, double strokeWidth = 1) =>
        _body.Append(CultureInfo.InvariantCulture, $"""<circle cx="{x:0.#}" cy="{y:0.#}" r="{radius:0.#}" fill="{fill}" stroke="{stroke}" stroke-width="{strokeWidth:0.##}"/>""").Append('\n');

    /// <summary>The whole picture on white paper. The title is what a screen reader says.</summary>
    public string ToSvg(double width, double height, string title) => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:0} {height:0}" width="{width:0}" height="{height:0}" role="img" font-family="{Fonts}">
        <title>{Escape(title)}</title>
        <rect x="0" y="0" width="{width:0}" height="{height:0}" fill="{Palette.Paper}"/>
        {_body}</svg>

        """).ReplaceLineEndings("\n");

    /// <summary>Escapes markup and drops what XML 1.0 cannot hold at all.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                '\'' => escaped.Append("&#39;"),
                '\n' or '\r' or '\t' => escaped.Append(' '),
                < ' ' or '\ufffe' or '\uffff' => escaped,
                _ when char.IsSurrogate(c) => escaped,
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    private void End(string dash)
    {
        if (dash.Length > 0) _body.Append(CultureInfo.InvariantCulture, $"""stroke-dasharray="{dash}" """);
        _body.Length--;
        _body.Append("/>\n");
    }
}
