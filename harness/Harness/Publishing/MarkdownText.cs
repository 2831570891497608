using Markdig;

namespace Harness.Publishing;

/// <summary>Markdown as HTML. Markup in it stays text: what a notebook quotes from a result cannot become part of the page.</summary>
internal static class MarkdownText
{
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePipeTables().DisableHtml().Build();

    // A table scrolls by itself on a narrow screen, and can be reached without a mouse.
    public static string ToHtml(string markdown) => Markdown.ToHtml(markdown, Pipeline)
        .Replace("<table>", "<div class=\"scroll\" tabindex=\"0\"><table>", StringComparison.Ordinal)
        .Replace("</table>", "</table></div>", StringComparison.Ordinal);
}
