using System.Text;
using Harness.Charts;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Notebooks;

/// <summary>What a notebook's cells see besides the harness: the result and how to show something of it.</summary>
/// <remarks>
/// Its members are in scope by their bare names: <c>ShowVerdicts()</c>, <c>Campaign</c>. A result may be of a shorter or other plan than
/// the notebook was written for: what shows a part of it never throws for a part that is missing, but says what is.
/// </remarks>
public sealed class NotebookHost(string resultsFolder)
{
    private readonly List<NotebookOutput> _outputs = [];
    private CampaignResults? _campaign;

    /// <summary>The result folder the notebook is run on.</summary>
    public string ResultsFolder => resultsFolder;

    /// <summary>The result, read when it is first asked for.</summary>
    /// <exception cref="ResultException">The folder is no result or is damaged.</exception>
    public CampaignResults Campaign => _campaign ??= CampaignResults.Open(resultsFolder);

    /// <summary>Where, when and with what durability it was measured, what of the experiment was changed for it, and the command that repeats it.</summary>
    public void ShowMeasured() => Display(CampaignTables.Measured(Campaign), ResultPart.Measured);

    /// <summary>The checks that were written down before the first run, how each came out, and the claims they decide.</summary>
    public void ShowVerdicts() => Display(CampaignTables.Verdicts(Campaign), ResultPart.Verdicts);

    /// <summary>What a reader must know to judge the numbers, and what went wrong while they were measured.</summary>
    public void ShowCaveats() => Display(CampaignTables.Caveats(Campaign), ResultPart.Caveats);

    /// <summary>A line for each cell with the median of each metric and its interval.</summary>
    public void ShowCells(params Metric[] metrics) => ShowCells([], metrics);

    /// <summary>The same for the cells with these values.</summary>
    public void ShowCells((string Axis, string Value)[] only, params Metric[] metrics) => DisplayMarkdown(CampaignTables.Cells(Campaign, only, metrics));

    /// <summary>Each cell against the one that differs from it in this axis alone, round by round.</summary>
    public void ShowAgainst(Metric metric, string axis, string baseValue, params (string Axis, string Value)[] only) =>
        DisplayMarkdown(CampaignTables.Against(Campaign, metric, axis, baseValue, only));

    /// <summary>A chart that the experiment itself asks for, by its title.</summary>
    public void ShowChart(string title)
    {
        if (Campaign.Plan.Charts.FirstOrDefault(chart => chart.Title == title) is { } request) ShowChart(request);
        else DisplayMarkdown($"*Not drawn: the plan of this result has no chart “{title}”.*");
    }

    /// <summary>Any chart that the reports can draw.</summary>
    public void ShowChart(ChartRequest request)
    {
        try
        {
            var hasRuns = Campaign.Where(request.Only).Any(cell => cell.Runs.Count > 0);
            if (hasRuns) DisplayChart(CampaignCharts.Make(Campaign, request));
            else DisplayMarkdown($"*Not drawn: “{request.Title}”: no run of what it shows.*");
        }
        catch (ResultException missing)
        {
            DisplayMarkdown($"*Not drawn: “{request.Title}”: {missing.Message}*");
        }
    }

    /// <summary>Shows a chart.</summary>
    public void DisplayChart(Chart chart) => _outputs.Add(NotebookOutput.Html(Image(new SvgRenderer().Render(chart), chart.Title)) with { Chart = chart });

    /// <summary>Shows a drawing.</summary>
    public void DisplaySvg(string svg) => _outputs.Add(NotebookOutput.Html(Image(svg, "chart")));

    public void DisplayHtml(string html) => _outputs.Add(NotebookOutput.Html(html));

    public void DisplayMarkdown(string markdown) => Display(markdown, ResultPart.None);

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

    private void Display(string markdown, ResultPart part) => _outputs.Add(NotebookOutput.Markdown(markdown) with { Part = part });

    // In a data address: code hosts and converters strip SVG that stands in HTML by itself.
    private static string Image(string svg, string alt) =>
        $"<img alt=\"{System.Net.WebUtility.HtmlEncode(alt)}\" style=\"max-width:100%\" src=\"data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}\"/>";
}
