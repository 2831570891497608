using Harness.Charts;
using Harness.Plans;
using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Notebooks;
using Harness.Tests.Plans;
using Harness.Tests.Results;

namespace Harness.Tests.Charts;

public sealed class CampaignChartsTests(CampaignChartsTests.Folders folders) : IClassFixture<CampaignChartsTests.Folders>
{
    /// <summary>Written once: these tests only read.</summary>
    public sealed class Folders : IDisposable
    {
        private readonly TemporaryFolder _root = new();

        public Folders() => (Road, Reads) = (SyntheticCampaign.RoadToOneMillion(_root.Path), SyntheticCampaign.ZeroCopyReads(_root.Path));

        public ResultFolder Road { get; }

        public ResultFolder Reads { get; }

        public void Dispose() => _root.Dispose();
    }

    [Fact]
    public void Charts_OfWholeCampaigns_AreWellFormedAndKeepEveryLabelInside()
    {
        foreach (var folder in new[] { folders.Road, folders.Reads })
        {
            var campaign = CampaignResults.Of(folder);
            foreach (var request in folder.Plan.Charts)
            {
                var picture = new Picture(campaign.Svg(request));
                picture.AssertNothingIsCutOff();
                picture.AssertNoTextsOverlap();
                Assert.Contains(request.Title, picture.Texts);
            }
        }
    }

    [Fact]
    public void Caption_OfAnyChart_NamesDurabilityMachineAndRepeats()
    {
        var campaign = CampaignResults.Of(folders.Reads);

        var chart = CampaignCharts.Make(campaign, campaign.Plan.Charts[0]);
        var (caption, smallPrint) = (string.Join('\n', chart.Caption), string.Join('\n', chart.SmallPrint));

        Assert.Contains("Durability: acks=all, RF 3, flush os-cache.", caption, StringComparison.Ordinal);
        Assert.Contains("2 × Imaginary CPU @ 2.40GHz, 23 GiB, ext4, Linux 6.18.44", smallPrint, StringComparison.Ordinal);
        Assert.Contains("5 sound runs a cell, intervals: lowest to highest; 20 s measured in each, after a warm-up. 5 unsound runs left out.", caption, StringComparison.Ordinal);
        Assert.Contains("nothing in this folder was measured", smallPrint, StringComparison.Ordinal);
    }

    public static TheoryData<ChartKind> Kinds => [.. Enum.GetValues<ChartKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Caption_OfEveryKind_SaysDurabilityWhatItsIntervalsAreAndMachine(ChartKind kind)
    {
        using var root = new TemporaryFolder();
        var result = MadeUpResult.Whole(root.Path, await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce)));

        var chart = CampaignCharts.Make(CampaignResults.Of(result), new ChartRequest { Kind = kind, Title = "any", Metric = "p99", X = kind == ChartKind.Curve ? Axis.RateName : null });

        Assert.Contains("Durability: acks=all.", chart.Caption);
        Assert.Matches("3 sound runs a cell, .*interval", string.Join('\n', chart.Caption));
        Assert.Contains("Imaginary CPU", chart.SmallPrint[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Caption_OverSeveralDurabilities_SaysThatItIsNoRanking()
    {
        var campaign = CampaignResults.Of(folders.Road);

        var caption = CampaignCharts.Make(campaign, campaign.Plan.Charts[0]).Caption;

        Assert.Contains(caption, line => line.StartsWith("Durability differs, so this is no ranking: ", StringComparison.Ordinal));
    }

    [Fact]
    public void Curve_OverAnAxis_HasItsValuesAtEqualStepsAndALineForEachOther()
    {
        var campaign = CampaignResults.Of(folders.Road);
        var request = new ChartRequest { Kind = ChartKind.Curve, Title = "p99 by offered rate", Metric = "p99", X = "rate", Series = "flush" };

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, request));

        Assert.Equal("rate (records/s)", chart.X.Title);
        Assert.Equal(["100k", "250k", "500k", "750k", "1M", "1.25M"], chart.X.Names);
        Assert.Equal(campaign.Plan.Axes[0].Values, chart.Series.Select(line => line.Name));
        foreach (var line in chart.Series)
        {
            var cells = campaign.Where("flush", line.Name).ToList();
            Assert.Equal(cells.Select((cell, i) => ((double)i, cell.Spread(Metric.P99)!.Median)), line.Points.Select(point => (point.X, point.Y)));
            Assert.Equal(cells.Select(cell => cell.Spread(Metric.Held)!.Median < 0.99), line.Points.Select(point => point.Hollow));
        }

        var picture = new Picture(new SvgRenderer().Render(chart));
        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
        Assert.Contains("250k", picture.Texts);
    }

    [Fact]
    public void Curve_WithoutItsAxis_SaysWhatItNeeds()
    {
        var request = new ChartRequest { Kind = ChartKind.Curve, Title = "p99 by nothing", Metric = "p99" };

        var error = Assert.Throws<ResultException>(() => CampaignCharts.Make(CampaignResults.Of(folders.Road), request));

        Assert.Equal("the chart 'p99 by nothing' is a curve and has to name a metric and the axis along x.", error.Message);
    }

    [Fact]
    public void Bars_OfACellWithoutSoundRuns_SayThatInsteadOfShowingANumber()
    {
        var campaign = CampaignResults.Of(folders.Reads);

        var chart = Assert.IsType<BarChart>(CampaignCharts.Make(campaign, campaign.Plan.Charts[0]));
        var bar = Assert.Single(chart.Groups.SelectMany(group => group.Bars), bar => bar.Value is null);

        Assert.Equal("no sound run", bar.Text);
        Assert.Equal(["sendfile", "positioned(bufferBytes=256KiB)", "mapped"], chart.Groups.Select(group => group.Label));
        Assert.Equal(["hot", "cold"], chart.Series);
        Assert.Equal(campaign.Cells[0].Spread(Metric.CpuPerGb)!.Median, chart.Groups[0].Bars[0].Value);
        Assert.Equal(5, chart.Groups[0].Bars[0].Runs.Count);
    }

    [Fact]
    public void Curve_OfRatesAndPolicies_HasThreePercentilesOfEachWithTheirIntervals()
    {
        var campaign = CampaignResults.Of(folders.Road);
        var request = new ChartRequest { Kind = ChartKind.ThroughputLatencyCurve, Title = "Latency over the achieved rate" };

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, request));

        Assert.Equal(
            ["os-cache, p50", "os-cache, p99", "os-cache, p99.9", .. new[] { "p50", "p99", "p99.9" }.Select(name => $"group-commit(maxDelay=2ms, maxBytes=1MiB), {name}")],
            chart.Series.Select(line => line.Name));
        Assert.All(chart.Series, line => Assert.Equal(line.Points.OrderBy(point => point.X).First(), line.Points[0]));
        Assert.All(chart.Series[1].Points, point => Assert.True(point.Low <= point.Y && point.Y <= point.High));
        Assert.True(chart.Series[5].Points[^1].Hollow); // 1,250,000 offered, 930,000 taken
        Assert.Equal(campaign.Cells[0].Spread(Metric.P999)!.Median, chart.Series[2].Points[0].Y);
        var picture = new Picture(campaign.Svg(request));
        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
    }

    [Fact]
    public void Curve_OfClosedLoopsOnly_IsRefusedWithAReason() => Assert.Contains(
        "closed loops",
        Assert.Throws<ResultException>(() => CampaignCharts.Make(
            CampaignResults.Of(folders.Reads), new ChartRequest { Kind = ChartKind.ThroughputLatencyCurve, Title = "Curve" })).Message);

    [Fact]
    public void ThroughputLatency_OfRatesThatWereNotHeld_HasHollowPointsInOrderOfTheOfferedRate()
    {
        var campaign = CampaignResults.Of(folders.Road);

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, campaign.Plan.Charts[0]));

        Assert.Equal(["os-cache", "group-commit(maxDelay=2ms, maxBytes=1MiB)"], chart.Series.Select(series => series.Name));
        Assert.Equal([false, false, false, false, false, true], chart.Series[0].Points.Select(point => point.Hollow));
        Assert.Equal([false, false, false, false, true, true], chart.Series[1].Points.Select(point => point.Hollow));
        Assert.Equal([100_000d, 250_000, 500_000, 750_000, 1_000_000], chart.Series[0].Points.Take(5).Select(point => point.X));
        Assert.Equal(AxisScale.Log, chart.Y.Scale);
    }

    [Fact]
    public void LatencyPercentiles_Curve_HasTheMergedPercentilesAndEndsBeforeChance()
    {
        var campaign = CampaignResults.Of(folders.Road);
        var cell = campaign.Where(campaign.Plan.Charts[1].Only).First();

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, campaign.Plan.Charts[1]));
        var curve = chart.Series.First(series => !series.Faint).Points;

        Assert.Equal(1 - (10.0 / cell.Latency.Count), curve[^1].X, 12);
        Assert.All(curve.Zip(curve.Skip(1)), pair => Assert.True(pair.First.X < pair.Second.X && pair.First.Y <= pair.Second.Y));
        var near99 = curve.Last(point => point.X <= 0.99);
        Assert.InRange(near99.Y, cell.Latency.Percentile(98).TotalMilliseconds, cell.Latency.Percentile(99).TotalMilliseconds);
        Assert.Equal(6, chart.Series.Count(series => series.Faint));
    }

    [Fact]
    public void ThroughputOverTime_WithUnsoundRuns_DrawsSoundRepeatsAndMarksTheOfferedRate()
    {
        var campaign = CampaignResults.Of(folders.Road);

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, campaign.Plan.Charts[3]));

        // Three repeats of os-cache, two of group commit, whose second is unsound.
        Assert.Equal(5, chart.Series.Count(series => series.Faint));
        Assert.Equal(new ReferenceLevel("offered 1.25M/s", 1_250_000), Assert.Single(chart.Levels));
        Assert.All(chart.Series, series => Assert.Equal(20, series.Points.Count));
    }

    [Fact]
    public void ThroughputOverTime_OfARealTimeline_ShadesTheWarmUpAndEndsWithTheMeasuredTime()
    {
        using var root = new TemporaryFolder();
        var campaign = CampaignResults.Of(SyntheticCampaign.RateLadder(root.Path));

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, new ChartRequest { Kind = ChartKind.ThroughputOverTime, Title = "over time" }));
        var picture = new Picture(new SvgRenderer().Render(chart));

        Assert.All(chart.Series, series => Assert.Equal((-4, 20), (series.Points[0].X, series.Points[^1].X)));
        Assert.Contains("warm-up", picture.Texts);
        Assert.Contains("offered 1.02M/s", picture.Texts);
        Assert.DoesNotContain("offered 1M/s", picture.Texts); // would cover the other
        picture.AssertNothingIsCutOff();
        picture.AssertNoTextsOverlap();
    }

    [Fact]
    public void ThroughputLatency_WithAClosedLoop_KeepsItOffTheLine()
    {
        using var root = new TemporaryFolder();
        var campaign = CampaignResults.Of(SyntheticCampaign.RateLadder(root.Path));

        var chart = Assert.IsType<LineChart>(CampaignCharts.Make(campaign, new ChartRequest { Kind = ChartKind.ThroughputLatency, Title = "curve", Metric = "p50" }));

        Assert.Equal(["open loop: at the offered rate", "closed loop: as fast as it answers"], chart.Series.Select(series => series.Name));
        Assert.Equal([3, 1], chart.Series.Select(series => series.Points.Count));
        Assert.True(chart.Series[1].Unconnected);
    }

    [Fact]
    public void CpuByProcess_OfEveryCell_StacksTheRolesInNumberedColours()
    {
        var campaign = CampaignResults.Of(folders.Road);

        var chart = Assert.IsType<BarChart>(CampaignCharts.Make(campaign, campaign.Plan.Charts[^1]));

        Assert.True(chart.Stacked);
        Assert.Equal(["leader", "followers", "generator"], chart.Series);
        Assert.Equal(12, chart.Groups.Count);
        Assert.Equal("os-cache · 1M records/s", chart.Groups[4].Label);
    }

    [Fact]
    public void Chart_OfAnUnknownAxis_SaysWhichThereAre()
    {
        var campaign = CampaignResults.Of(folders.Reads);
        var request = new ChartRequest { Kind = ChartKind.Bars, Title = "?", Metric = "p99", X = "flavour" };

        Assert.Contains("the plan has read, cache", Assert.Throws<ResultException>(() => CampaignCharts.Make(campaign, request)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ChartKind.Bars)]
    [InlineData(ChartKind.ThroughputLatency)]
    [InlineData(ChartKind.LatencyPercentiles)]
    [InlineData(ChartKind.ThroughputOverTime)]
    [InlineData(ChartKind.CpuByProcess)]
    public void Chart_OfACampaignWithoutRuns_IsStillAPicture(ChartKind kind)
    {
        using var root = new TemporaryFolder();
        var plan = SyntheticCampaign.PlanOf("E09", "nothing yet", 1, new AxisFacts("read", ["sendfile"]));
        var campaign = CampaignResults.Of(ResultFolder.Create(root.Path, plan, SyntheticCampaign.Machine));

        new Picture(campaign.Svg(new ChartRequest { Kind = kind, Title = "empty", Metric = "p99" })).AssertNothingIsCutOff();
    }
}
