using System.Net;
using System.Text;

namespace Harness.Results.Reports;

/// <summary>Writes HTML in which a text can never become markup: everything given as text is escaped here and nowhere else.</summary>
internal sealed class HtmlPage
{
    // Characters above which a table cell needs room to wrap without becoming a tower.
    private const int WideLength = 24;

    private readonly StringBuilder _html = new();
    private readonly List<(string Id, string Title)> _sections = [];

    /// <summary>The sections begun so far, for a list of contents.</summary>
    public IReadOnlyList<(string Id, string Title)> Sections => _sections;

    /// <summary>Markup of ours or SVG of the chart renderer; never anything that came out of a file.</summary>
    public HtmlPage Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    public HtmlPage Text(string text)
    {
        _html.Append(WebUtility.HtmlEncode(text));
        return this;
    }

    /// <summary>An element that holds only text.</summary>
    public HtmlPage Element(string tag, string text, string css = "")
    {
        Open(tag, css);
        return Text(text).Close(tag);
    }

    /// <summary>Begins a section that contents can point to.</summary>
    /// <param name="id">A word of our own.</param>
    /// <param name="title">What stands above it.</param>
    public HtmlPage Section(string id, string title)
    {
        _sections.Add((id, title));
        return Raw($"<h2 id=\"{id}\">").Text(title).Close("h2");
    }

    public HtmlPage Open(string tag, string css = "")
    {
        _html.Append('<').Append(tag);
        if (css.Length > 0) _html.Append(" class=\"").Append(css).Append('"');
        _html.Append('>');
        return this;
    }

    public HtmlPage Close(string tag)
    {
        _html.Append("</").Append(tag).Append(">\n");
        return this;
    }

    /// <summary>A list of terms and what they are; empty ones are left out.</summary>
    public HtmlPage Facts(IEnumerable<(string Name, string Value)> facts)
    {
        Open("dl");
        foreach (var (name, value) in facts.Where(fact => fact.Value.Length > 0)) Element("dt", name).Element("dd", value);
        return Close("dl");
    }

    /// <summary>A table that scrolls by itself on a narrow screen. A row's css may be empty; cells of columns marked numeric stand to the right.</summary>
    public HtmlPage Table(IReadOnlyList<(string Header, bool Numeric)> columns, IEnumerable<(string Css, IReadOnlyList<string> Cells)> rows)
    {
        // In the order of the keyboard, as what scrolls must be reached without a mouse.
        Raw("<div class=\"scroll\" tabindex=\"0\">").Open("table").Open("thead").Open("tr");
        foreach (var (header, numeric) in columns) Element("th", header, numeric ? "n" : "");
        Close("tr").Close("thead").Open("tbody");
        foreach (var (css, cells) in rows)
        {
            Open("tr", css);
            for (var i = 0; i < cells.Count; i++) Element("td", cells[i], columns[i].Numeric ? "n" : cells[i].Length > WideLength ? "wide" : "");
            Close("tr");
        }

        return Close("tbody").Close("table").Close("div");
    }

    public override string ToString() => _html.ToString();

    /// <summary>A whole document that needs no network and no script.</summary>
    /// <param name="title">The window's.</param>
    /// <param name="css">Styles beside those of all our pages.</param>
    public string ToDocument(string title, string css = "")
    {
        // The policy lets nothing in from anywhere, whatever a name in the data tries; images are drawings that notebooks carry along.
        var page = new HtmlPage().Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
            .Raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n")
            .Raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n")
            .Element("title", title).Raw("\n<style>\n").Raw(ReportStyle.Css).Raw(css).Raw("\n</style>\n</head>\n<body>\n");
        return page.Raw(ToString()).Raw("</body>\n</html>\n").ToString();
    }
}
