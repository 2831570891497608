using System.Globalization;
using Harness.Charts;
using Harness.Statistics;

namespace Harness.Results.Reports;

/// <summary>Turns a result folder into something to look at: outcomes, charts and the page.</summary>
public static class ReportBuilder
{
    private const int FaultChartsMax = 6;

    /// <summary>Judges the checks, stores the outcomes in the plan, draws the charts and writes <c>report.html</c>. May be called at any time, again too.</summary>
    /// <returns>The path of the report.</returns>
    /// <exception cref="ResultException">A check names a metric that does not exist.</exception>
    public static string Write(ResultFolder folder) => Write(folder, new SvgRenderer());

    /// <summary>The same with another renderer for the files in <c>charts/</c>; the page itself needs SVG and draws its own.</summary>
    public static string Write(ResultFolder folder, IChartRenderer renderer)
    {
        var outcomes = CheckJudge.Judge(folder.Plan, folder.Runs);
        folder.WritePlan(folder.Plan with { Outcomes = outcomes });

        var campaign = CampaignResults.Of(folder);
        IReadOnlyList<ChartRequest> requests = [.. folder.Plan.Charts.Count > 0 ? folder.Plan.Charts : FittingCharts(campaign), .. FaultCharts(campaign)];
        var problems = new List<string>();
        var charts = new List<ReportChart>();
        for (var i = 0; i < requests.Count; i++)
        {
            try
            {
                var chart = CampaignCharts.Make(campaign, requests[i]);
                var file = Path.Combine("charts", FileName(i + 1, requests[i]) + renderer.Extension);
                folder.WriteText(file, renderer.Render(chart));
                var png = PngPictures.Make(Path.Combine(folder.Path, file)) ? Path.ChangeExtension(file, PngPictures.Extension) : null;
                charts.Add(new ReportChart(chart, new SvgRenderer { Bare = true }.Render(chart), file, png));
            }
            catch (ResultException e)
            {
                // A chart that cannot be drawn must not cost the others, nor go unseen.
                problems.Add($"Not drawn: {requests[i].Title}: {e.Message}");
            }
        }

        RemoveOthers(folder, renderer.Extension, [.. charts.Select(chart => chart.File)]);
        RemoveOthers(folder, PngPictures.Extension, [.. charts.Select(chart => chart.Png).OfType<string>()]);

        var summary = CampaignSummary.Of(campaign);
        folder.WriteText("summary.json", ResultFolder.ToJson(summary));
        folder.WriteText("cells.csv", CellTable.ToCsv(folder.Plan, summary));
        foreach (var cell in campaign.Cells.Where(cell => cell.Latency.Count > 0)) folder.WriteLatency(cell.Facts, cell.Latency);
        folder.WriteText("report.html", new ReportPage(campaign, outcomes, charts, problems).ToHtml());
        return folder.ReportPath;
    }

    /// <summary>Where a report puts the picture of a chart that its plan asks for, relative to the result; null when the plan has none of this title.</summary>
    public static string? PictureOf(ResultPlan plan, string title)
    {
        for (var i = 0; i < plan.Charts.Count; i++)
            if (plan.Charts[i].Title == title) return $"charts/{FileName(i + 1, plan.Charts[i])}{new SvgRenderer().Extension}";
        return null;
    }

    /// <summary>Charts of an earlier report over fewer runs, or by an earlier version, would pass for some of this one.</summary>
    private static void RemoveOthers(ResultFolder folder, string extension, IReadOnlyList<string> files)
    {
        var drawn = files.Select(Path.GetFileName).ToHashSet();
        foreach (var file in Directory.EnumerateFiles(folder.ChartsPath, "??-*" + extension))
        {
            if (!drawn.Contains(Path.GetFileName(file))) File.Delete(file);
        }
    }

    /// <summary>What to draw for a plan that names no charts.</summary>
    private static List<ChartRequest> FittingCharts(CampaignResults campaign)
    {
        var charts = new List<ChartRequest>();
        var offered = campaign.Runs.Where(run => run.Sound).Select(run => run.OfferedPerSecond).OfType<double>().Distinct().Count();
        var hasLatency = campaign.Runs.Any(run => run.Sound && run.P99Ms is not null);
        if (offered > 1 && hasLatency) charts.Add(new ChartRequest { Kind = ChartKind.ThroughputLatency, Title = "p99 latency over the achieved rate", Metric = Metric.P99.Name });
        if (offered <= 1) charts.Add(new ChartRequest { Kind = ChartKind.Bars, Title = "Throughput", Metric = Metric.Throughput.Name });
        if (hasLatency) charts.Add(new ChartRequest { Kind = ChartKind.LatencyPercentiles, Title = "Latency" });
        if (campaign.Runs.Any(run => run.CpuSecondsPerGb is not null)) charts.Add(new ChartRequest { Kind = ChartKind.Bars, Title = "Broker CPU per GB", Metric = Metric.CpuPerGb.Name });
        if (campaign.Runs.Any(run => run.Processes.Count > 0)) charts.Add(new ChartRequest { Kind = ChartKind.CpuByProcess, Title = "CPU by process" });
        charts.Add(new ChartRequest { Kind = ChartKind.ThroughputOverTime, Title = "Throughput over time" });
        return charts;
    }

    /// <summary>Faults that no chart of the plan shows, such as those given on the command line: a picture of each cell that went through some.</summary>
    private static IEnumerable<ChartRequest> FaultCharts(CampaignResults campaign) => campaign.Plan.Charts.Any(chart => chart.Kind == ChartKind.FaultTimeline)
        ? []
        : campaign.Cells.Where(cell => cell.Runs.Any(run => cell.Faults(run).Any(fault => !fault.StandsThroughout(run.MeasuredSeconds)) && cell.Acks(run).Count > 0)).Take(FaultChartsMax)
            .Select(cell => new ChartRequest { Kind = ChartKind.FaultTimeline, Title = $"Through the faults: {cell.Label}", Only = cell.Facts.Values });

    private static string FileName(int number, ChartRequest request)
    {
        var words = string.Concat(request.Title.ToLowerInvariant().Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' ')).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return string.Create(CultureInfo.InvariantCulture, $"{number:00}-{string.Join('-', words.Take(8))}").TrimEnd('-');
    }
}
