using System.Text;

namespace Harness.Notebooks;

/// <summary>What a notebook's cells see besides the harness: where the results are and how to show something.</summary>
/// <remarks>Its members are in scope by their bare names: <c>DisplaySvg(…)</c>, <c>ResultsFolder</c>.</remarks>
public sealed class NotebookHost(string resultsFolder)
{
    private readonly List<NotebookOutput> _outputs = [];

    /// <summary>The result folder the notebook is run on.</summary>
    public string ResultsFolder => resultsFolder;

    /// <summary>Shows a chart.</summary>
    /// <remarks>As an image in a data address: code hosts and converters strip SVG that stands in HTML by itself.</remarks>
    public void DisplaySvg(string svg) => _outputs.Add(NotebookOutput.Html(
        $"<img alt=\"chart\" style=\"max-width:100%\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\"/>"));

    public void DisplayHtml(string html) => _outputs.Add(NotebookOutput.Html(html));

    public void DisplayMarkdown(string markdown) => _outputs.Add(NotebookOutput.Markdown(markdown));

    internal void Write(string text)
    {
        // Text printed between two charts stays between them; text printed on end is one output.
        if (_outputs is [.., { Kind: NotebookOutputKind.Stream } last]) _outputs[^1] = last with { Text = last.Text + text };
        else _outputs.Add(NotebookOutput.Stream(text));
    }

    internal void Add(NotebookOutput output) => _outputs.Add(output);

    /// <summary>What was shown since the last call.</summary>
    internal IReadOnlyList<NotebookOutput> TakeOutputs()
    {
        NotebookOutput[] taken = [.. _outputs];
        _outputs.Clear();
        return taken;
    }
}
