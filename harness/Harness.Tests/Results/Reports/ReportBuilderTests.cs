using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Results;
using Harness.Results.Reports;

namespace Harness.Tests.Results.Reports;

public sealed partial class ReportBuilderTests : IDisposable
{
    /// <summary>A run has a row in each.</summary>
    private const int TablesOfRuns = 3;

    private const string Hostile = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>";

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Report_OfAWholeCampaign_SaysExpectationVerdictMachineDurabilityAndHowToRepeat()
    {
        var html = Write(SyntheticCampaign.RoadToOneMillion(_root.Path));

        Assert.Contains("Expected before the run</h3>\n<p>A report names the question first", html, StringComparison.Ordinal);
        Assert.Contains("<li class=\"met\"><div class=\"claim\"><span class=\"mark\">met</span>\n<strong>holds 1,000,000 records/s with os-cache", html, StringComparison.Ordinal);
        Assert.Contains("<li class=\"short\"><div class=\"claim\"><span class=\"mark\">fell short</span>\n<strong>p99 at 1,000,000 records/s", html, StringComparison.Ordinal);
        Assert.Contains("Of 2 expectations: 1 met, 1 fell short.", html, StringComparison.Ordinal);
        Assert.Contains("2 &#215; Imaginary CPU", html, StringComparison.Ordinal);
        Assert.Contains("acks=all, RF 3, flush group-commit(maxDelay=2ms, maxBytes=1MiB)", html, StringComparison.Ordinal);
        Assert.Contains("dotnet run -c Release --project harness/Harness.Cli -- run E03", html, StringComparison.Ordinal);
        Assert.Equal(5, Figures().Count(html));
    }

    [Fact]
    public void Report_OfAWholeCampaign_AnswersBeforeItShowsAndShowsBeforeItLists()
    {
        var html = Write(SyntheticCampaign.RoadToOneMillion(_root.Path));

        string[] inOrder = ["<h1>", "<nav>", "id=\"verdicts\"", "id=\"wrong\"", "id=\"charts\"", "id=\"cells\"", "id=\"comparisons\"", "id=\"runs\"", "id=\"setup\"", "id=\"machine\"", "id=\"again\""];
        var places = inOrder.Select(mark => html.IndexOf(mark, StringComparison.Ordinal)).ToList();
        Assert.Equal(places.Order(), places);
        Assert.DoesNotContain(-1, places);
        Assert.All(Contents().Matches(html), entry => Assert.Contains($"id=\"{entry.Groups[1].Value}\"", html, StringComparison.Ordinal));
        Assert.Equal(9, Contents().Count(html));
    }

    [Fact]
    public void Report_Verdict_HasItsFigureWithIntervalLimitAndPicture()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        var html = Write(folder);

        var parts = Assert.Single(ResultFolder.Open(folder.Path).Plan.Outcomes).Parts!;
        Assert.Equal(("x", CheckBound.AtMost, 0.6), (parts.Unit, parts.Bound, parts.Limit));
        Assert.True(parts.Low < parts.Value && parts.Value < parts.High);
        Assert.Contains($"<span class=\"value\">{parts.Text(parts.Value)}</span>\n <span class=\"interval\">{parts.IntervalText}</span>", html, StringComparison.Ordinal);
        Assert.Contains("expected at most 0.600x &#183; lowest to highest, n = 5", html, StringComparison.Ordinal);
        Assert.Contains($"aria-label=\"{parts.Text(parts.Value)}, expected at most 0.600x\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_InTheDark_ReplacesEveryColourOfItsCharts()
    {
        var html = Write(SyntheticCampaign.RoadToOneMillion(_root.Path));

        var dark = html[html.LastIndexOf("@media screen and (prefers-color-scheme: dark)", StringComparison.Ordinal)..html.IndexOf("</style>", StringComparison.Ordinal)];
        var classes = Colours().Matches(html).SelectMany(match => match.Groups[1].Value.Split(' ')).Distinct().ToList();
        Assert.Contains("f-paper", classes);
        Assert.All(classes, name => Assert.Contains($".{name} {{ ", dark, StringComparison.Ordinal));
    }

    [Fact]
    public void Report_Tables_ScrollByThemselvesAndLeaveOutWhatNoRunTells()
    {
        var html = Write(SyntheticCampaign.RoadToOneMillion(_root.Path));

        Assert.Equal(html.Split("<table>").Length, ScrollBoxes().Count(html) + 1);
        Assert.Contains(">achieved (records/s)</th>", html, StringComparison.Ordinal);
        Assert.DoesNotContain(">operations (/s)</th>", html, StringComparison.Ordinal); // of files; there are none
        Assert.DoesNotContain(">inconsistent offsets</th>", html, StringComparison.Ordinal); // no history was recorded
    }

    [Fact]
    public void Write_LeavesTheCellsAsATableAndTheirLatenciesMerged()
    {
        var folder = SyntheticCampaign.RateLadder(_root.Path);

        ReportBuilder.Write(folder);

        var lines = File.ReadAllLines(Path.Combine(folder.Path, "cells.csv"));
        Assert.Equal("cell,label,axis.rate,runs,soundRuns,metric,unit,median,low,high,interval,count", lines[0]);
        var cell = folder.Plan.Cells[0];
        Assert.Contains(lines, line => line.StartsWith($"{cell.Id},100k records/s,100000,2,2,achieved,records/s,100000,100000,100000,range,2", StringComparison.Ordinal));
        // Two repeats of two million each.
        Assert.Contains("Total count    =      4000000]", File.ReadAllText(Path.Combine(folder.Path, "latency", cell.Id + ".hgrm")), StringComparison.Ordinal);
        Assert.Equal(4_000_000, JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "latency", cell.Id + ".json"))).RootElement.GetProperty("count").GetInt64());
    }

    [Fact]
    public void Write_Again_LeavesNoChartOfAnEarlierReport()
    {
        var folder = SyntheticCampaign.RoadToOneMillion(_root.Path);
        ReportBuilder.Write(folder);
        var charts = Directory.GetFiles(folder.ChartsPath).Order().ToList();
        var own = Path.Combine(folder.ChartsPath, "mine.svg");
        File.WriteAllText(own, "<svg/>");
        File.WriteAllText(Path.Combine(folder.ChartsPath, "99-through-the-faults.svg"), "<svg/>");

        ReportBuilder.Write(folder);

        Assert.Equal(charts.Append(own).Order(), Directory.GetFiles(folder.ChartsPath).Order());
    }

    [Fact]
    public void Report_OfSeveralCells_SaysWhichDifferAndByHowMuch()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        var html = Write(folder);

        Assert.Contains("Cells against each other", html, StringComparison.Ordinal);
        Assert.Matches("positioned\\(bufferBytes=256KiB\\) &#183; hot</td>\n<td>sendfile</td>\n<td>Broker CPU per GB</td>\n<td class=\"n\">[12]\\.[0-9]+x \\[[0-9.]+, [0-9.]+\\]</td>\n<td>worse</td>\n<td class=\"n\">5</td>", html);
        var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "summary.json"))).RootElement;
        Assert.Equal(6, summary.GetProperty("cells").GetArrayLength());
        Assert.Contains(summary.GetProperty("comparisons").EnumerateArray(), comparison =>
            comparison.GetProperty("metric").GetString() == "cpu-per-gb" && comparison.GetProperty("axis").GetString() == "read" && comparison.GetProperty("figure").GetProperty("verdict").GetString() == "differs");
    }

    [Fact]
    public void Report_WithARunThatDrifted_MarksIt()
    {
        var folder = SyntheticCampaign.RateLadder(_root.Path);
        folder.Append(folder.Runs[0] with { Repeat = 9, Stationary = false, Drift = "rate drifted by -20 % over 20 s" }, null, []);

        var html = Write(folder);

        Assert.Contains("Drifted while it was measured: 100k records/s, repeat 9: rate drifted by -20 % over 20 s.", html, StringComparison.Ordinal);
        Assert.Contains("DRIFTED: rate drifted", html, StringComparison.Ordinal);
        Assert.Contains("\"drift\": \"rate drifted by -20 % over 20 s\"", File.ReadAllText(Path.Combine(folder.Path, "summary.json")), StringComparison.Ordinal);
        Assert.False(ResultFolder.Open(folder.Path).Runs[^1].Stationary);
    }

    [Fact]
    public void Report_WithAWildRun_NamesTheOutlier()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);
        folder.Append(folder.Runs[0] with { Repeat = 9, GoodputBytes = folder.Runs[0].GoodputBytes / 3 }, null, []);

        Assert.Contains($"Outlier: Throughput of {folder.Runs[0].Label}, repeat 9: ", Write(folder).Replace("&#183;", "·", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Report_WithUnsoundRuns_MarksThemAsFailedWithTheReason()
    {
        var html = Write(SyntheticCampaign.RoadToOneMillion(_root.Path));

        Assert.Contains("What went wrong", html, StringComparison.Ordinal);
        Assert.Contains("FAILED: group-commit(maxDelay=2ms, maxBytes=1MiB) &#183; 1.25M records/s, repeat 2: 1,204 acknowledged records", html, StringComparison.Ordinal);
        Assert.Equal(TablesOfRuns, FailedRows().Count(html));
    }

    [Fact]
    public void Report_OfACutOffCampaign_SaysSoAndMarksChecksAsNotMeasured()
    {
        var whole = SyntheticCampaign.RoadToOneMillion(_root.Path);
        var cut = ResultFolder.Create(_root.Path, whole.Plan with { Started = whole.Plan.Started.AddDays(1), Finished = null }, whole.Machine);
        cut.Append(whole.Runs[0], whole.ReadLatency(whole.Runs[0]), whole.ReadTimeline(whole.Runs[0]));

        var html = Write(cut);

        Assert.Contains("The campaign was cut off", html, StringComparison.Ordinal);
        Assert.Contains("<li class=\"open\"><div class=\"claim\"><span class=\"mark\">not measured</span>", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_IsSelfContained()
    {
        var html = Write(SyntheticCampaign.ZeroCopyReads(_root.Path));

        Assert.DoesNotMatch(Outside(), html);
        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<link", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Report_OfHostileNames_EscapesThemAll()
    {
        var whole = SyntheticCampaign.ZeroCopyReads(_root.Path);
        var values = new Dictionary<string, string> { [Hostile] = Hostile };
        var plan = whole.Plan with
        {
            Title = Hostile, Question = Hostile, Expectation = Hostile, Command = Hostile, Started = whole.Plan.Started.AddDays(2), Caveats = [Hostile],
            Axes = [new AxisFacts(Hostile, [Hostile], Hostile)],
            Cells = [CellFacts.Of(1, values)],
            Load = values, Cluster = values, Nodes = [new NodeConfiguration("c", 1, values), new NodeConfiguration("c", 2, new Dictionary<string, string> { [Hostile] = "other" })],
            Checks = [new Check { Name = Hostile, Metric = "p99", Bound = CheckBound.AtMost, Limit = 1 }],
            Charts = [new ChartRequest { Kind = ChartKind.Bars, Title = Hostile, Metric = "p99" }, new ChartRequest { Kind = ChartKind.Bars, Title = Hostile, Metric = Hostile }],
        };
        var folder = ResultFolder.Create(_root.Path, plan, whole.Machine with { CpuModel = Hostile, GitSha = "abc", Kernel = Hostile, KernelSettings = values, Calibration = values });
        folder.Append(whole.Runs[0] with
        {
            Cell = plan.Cells[0].Id, Label = Hostile, Axes = values, System = Hostile, Durability = Hostile, Bottleneck = Hostile, Sound = true,
            Processes = [new ProcessUse { Role = Hostile, CpuSeconds = 1, Cores = 1 }],
        }, null, []);
        folder.Append(whole.Runs[1] with { Cell = plan.Cells[0].Id, Repeat = 2, Sound = false, Reason = Hostile }, null, []);

        var html = Write(folder);

        Assert.DoesNotContain("<script", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<img", html, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_StoresOutcomesAndOneFileAChart()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        ReportBuilder.Write(folder);

        Assert.Equal(CheckVerdict.Met, Assert.Single(ResultFolder.Open(folder.Path).Plan.Outcomes).Verdict);
        Assert.Equal(["01-cpu-the-brokers-spend-to-serve-a-gb.svg", "02-bytes-served.svg"], Directory.GetFiles(folder.ChartsPath, "*.svg").Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Write_WithAChartThatCannotBeDrawn_DrawsTheOthersAndSaysSo()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);
        folder.WritePlan(folder.Plan with { Charts = [new ChartRequest { Kind = ChartKind.Bars, Title = "broken", Metric = "p42" }, .. folder.Plan.Charts] });

        var html = Write(folder);

        Assert.Equal(2, Figures().Count(html));
        Assert.Contains("Not drawn: broken: there is no metric", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ForAPlanWithoutCharts_DrawsWhatFitsTheData()
    {
        var folder = SyntheticCampaign.RoadToOneMillion(_root.Path);
        folder.WritePlan(folder.Plan with { Charts = [] });

        var html = Write(folder);

        Assert.Equal(5, Figures().Count(html));
        Assert.Contains("aria-label=\"p99 latency over the achieved rate\"", html, StringComparison.Ordinal);
    }

    private static string Write(ResultFolder folder) => File.ReadAllText(ReportBuilder.Write(folder));

    [GeneratedRegex("<a href=\"#([a-z]+)\">")]
    private static partial Regex Contents();

    [GeneratedRegex("class=\"((?:[fk]-[a-z0-9]+ ?)+)\"")]
    private static partial Regex Colours();

    [GeneratedRegex("<div class=\"scroll\" tabindex=\"0\"><table>")]
    private static partial Regex ScrollBoxes();

    [GeneratedRegex("<figure>")]
    private static partial Regex Figures();

    // One failed run; the table of cells has no row without a sound run here.
    [GeneratedRegex("<tr class=\"failed\">")]
    private static partial Regex FailedRows();

    // Anything that a browser would fetch: an address in an attribute other than SVG's own namespace.
    [GeneratedRegex("(src|href|action|data|poster)\\s*=\\s*[\"']?\\s*(https?:|//|data:)", RegexOptions.IgnoreCase)]
    private static partial Regex Outside();
}
