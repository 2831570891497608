using Harness.Charts;
using Harness.Notebooks;
using Harness.Results.Reports;
using Harness.Statistics;

namespace Harness.Publishing;

/// <summary>A notebook as the body of a page: its texts, what its cells showed, and its code folded away.</summary>
/// <remarks>Charts are drawn anew, so that their marks can be pointed at; the parts that every notebook shows are drawn as reports draw them.</remarks>
internal sealed class NotebookHtml(CampaignResults? campaign, HtmlPage html)
{
    public void Write(Notebook notebook)
    {
        html.Open("main");
        foreach (var cell in notebook.Cells)
        {
            // Without a result the texts up to the first figure are all there is to read.
            if (cell.IsCode && campaign is null) break;

            if (cell.IsCode) WriteCode(cell);
            else html.Raw(MarkdownText.ToHtml(WithoutTitle(cell.Source)));
        }

        html.Close("main");
    }

    // The page's head has said it.
    private static string WithoutTitle(string markdown)
    {
        if (!markdown.StartsWith("# ", StringComparison.Ordinal)) return markdown;

        var end = markdown.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? "" : markdown[end..];
    }

    private void WriteCode(NotebookCell cell)
    {
        foreach (var output in cell.Outputs) WriteOutput(output);
        html.Raw("<details><summary>Code</summary>").Open("pre").Text(cell.Source).Close("pre").Raw("</details>\n");
    }

    private void WriteOutput(NotebookOutput output)
    {
        if (output.Chart is { } chart) ChartFigure.Write(html, chart, new SvgRenderer { Bare = true }.Render(chart));
        else if (output.Part != ResultPart.None) WritePart(output.Part, campaign!);
        else if (output.Kind == NotebookOutputKind.Markdown) html.Raw(MarkdownText.ToHtml(output.Text));
        else if (output.Kind == NotebookOutputKind.Html) html.Raw(output.Text);
        else html.Element("pre", output.Text, "text");
    }

    private void WritePart(ResultPart part, CampaignResults result)
    {
        switch (part)
        {
            case ResultPart.Measured:
                html.Open("div", "card").Facts(
                [
                    ("Measured", result.Plan.Started.UtcDateTime.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture) + " UTC"),
                    .. ReportFacts.Of(result),
                    ("Changed of the experiment", string.Join(", ", result.Plan.Overrides ?? [])),
                ]).Close("div");
                break;
            case ResultPart.Verdicts:
                new ReportVerdicts(result, result.Outcomes, html).WriteFigures();
                break;
            default:
                new ReportProblems(result, html).Write([]);
                break;
        }
    }
}
