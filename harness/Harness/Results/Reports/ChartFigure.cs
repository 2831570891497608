using Harness.Charts;

namespace Harness.Results.Reports;

/// <summary>A chart as a page shows it: title, drawing, and below it how to read it, durability, repeats with their intervals, and the machine.</summary>
internal static class ChartFigure
{
    /// <param name="svg">The drawing without title and caption.</param>
    public static void Write(HtmlPage html, Chart chart, string svg)
    {
        html.Open("figure").Element("h3", chart.Title).Raw("<div class=\"plot\" tabindex=\"0\">").Raw(svg).Close("div").Open("figcaption");
        // Of the small print the first is the machine; caveats stand in a page once.
        foreach (var line in chart.Caption.Concat(chart.SmallPrint.Take(1))) html.Element("p", line);
        html.Close("figcaption").Close("figure");
    }
}
