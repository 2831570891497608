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
/// <remarks>Each colour is there twice: as an attribute, for paper, and as a class, by which a page with a dark look can replace it.</remarks>
internal sealed class SvgCanvas
{
    private const string Fonts = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif";

    private readonly StringBuilder _body = new();

    public void Text(double x, double y, string text, double size, Anchor anchor = Anchor.Start, Paint? color = null, bool bold = false)
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<text x="{x:0.#}" y="{y:0.#}" font-size="{size:0.#}" {Filled(color ?? Palette.Ink)}""");
        if (anchor != Anchor.Start) _body.Append(anchor == Anchor.Middle ? " text-anchor=\"middle\"" : " text-anchor=\"end\"");
        if (bold) _body.Append(" font-weight=\"600\"");
        _body.Append('>').Append(Escape(text)).Append("</text>\n");
    }

    public void Line(double x1, double y1, double x2, double y2, Paint color, double width = 1, string dash = "", string tip = "")
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<line x1="{x1:0.#}" y1="{y1:0.#}" x2="{x2:0.#}" y2="{y2:0.#}" """)
            .Append(CultureInfo.InvariantCulture, $"""stroke="{color.Light}" class="{color.Stroke}" stroke-width="{width:0.##}" """);
        End("line", dash, tip);
    }

    public void Path(IEnumerable<(double X, double Y)> points, Paint color, double width, string dash = "", double opacity = 1, string tip = "")
    {
        _body.Append("<path d=\"");
        var command = 'M';
        foreach (var (x, y) in points)
        {
            _body.Append(CultureInfo.InvariantCulture, $"{command}{x:0.#} {y:0.#}");
            command = 'L';
        }

        _body.Append(CultureInfo.InvariantCulture, $"""{'"'} fill="none" stroke="{color.Light}" class="{color.Stroke}" stroke-width="{width:0.##}" """)
            .Append("""stroke-linejoin="round" stroke-linecap="round" """);
        if (opacity < 1) _body.Append(CultureInfo.InvariantCulture, $"""stroke-opacity="{opacity:0.##}" """);
        End("path", dash, tip);
    }

    public void Rect(double x, double y, double width, double height, Paint fill, string tip = "")
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<rect x="{x:0.#}" y="{y:0.#}" width="{Math.Max(width, 0):0.#}" """)
            .Append(CultureInfo.InvariantCulture, $"""height="{height:0.#}" {Filled(fill)} """);
        End("rect", "", tip);
    }

    public void Circle(double x, double y, double radius, Paint fill, Paint stroke, double strokeWidth = 1, string tip = "")
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<circle cx="{x:0.#}" cy="{y:0.#}" r="{radius:0.#}" fill="{fill.Light}" stroke="{stroke.Light}" """)
            .Append(CultureInfo.InvariantCulture, $"""class="{fill.Fill} {stroke.Stroke}" stroke-width="{strokeWidth:0.##}" """);
        End("circle", "", tip);
    }

    /// <summary>A place that cannot be seen and says something to whoever points at it.</summary>
    public void Spot(double x, double y, double radius, string tip)
    {
        _body.Append(CultureInfo.InvariantCulture, $"""<circle cx="{x:0.#}" cy="{y:0.#}" r="{radius:0.#}" fill="#000" fill-opacity="0" """);
        End("circle", "", tip);
    }

    /// <summary>The whole picture on white paper. The title is what a screen reader says; nobody sees it who points at the picture.</summary>
    public string ToSvg(double width, double height, string title) => string.Create(CultureInfo.InvariantCulture, $"""
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:0} {height:0}" width="{width:0}" height="{height:0}" role="img" aria-label="{Escape(title)}" font-family="{Fonts}">
        <rect x="0" y="0" width="{width:0}" height="{height:0}" {Filled(Palette.Paper)}/>
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

    private static string Filled(Paint paint) => $"fill=\"{paint.Light}\" class=\"{paint.Fill}\"";

    /// <summary>Ends an element; what it says when it is pointed at is its title, a line of it each of the tip's.</summary>
    private void End(string element, string dash, string tip)
    {
        if (dash.Length > 0) _body.Append(CultureInfo.InvariantCulture, $"""stroke-dasharray="{dash}" """);
        _body.Length--;
        if (tip.Length == 0)
        {
            _body.Append("/>\n");
            return;
        }

        _body.Append("><title>").AppendJoin('\n', tip.Split('\n').Select(Escape)).Append("</title></").Append(element).Append(">\n");
    }
}
