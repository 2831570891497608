using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Results.Reports;
using Harness.Runs;
using Harness.Runs.Saturating;
using Harness.Statistics;
using Harness.Tests.Plans;
using Harness.Tests.Results;

namespace Harness.Tests.Runs.Saturating;

/// <summary>The search over a plan and a folder, with runs whose latencies follow a formula instead of a cluster.</summary>
public sealed class SaturationSearchTests : IDisposable
{
    private static readonly LatencyTarget Target = LatencyTarget.Parse("p99 <= 10ms");

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Runs_ALimit_IsFoundConfirmedAndLeftAsAResultLikeAnyOther()
    {
        var search = await Prepare(TestPlans.Produce with { Vary = [Axis.Rate("5000", "1000")] });
        var folder = await Search(search, (_, rate) => rate <= 10_500 ? 5 : 50);

        var found = Assert.Single(folder.Plan.Saturation!.Found);
        Assert.True(found.IsConfirmed);
        Assert.InRange(found.RecordsPerSecond!.Value, 10_000, 10_500);
        Assert.InRange(found.MissedAt!.Value, 10_501, 1.05 * found.RecordsPerSecond.Value);
        Assert.Equal("leader CPU: as good as made up", found.Limit);
        Assert.Equal($"p99 <= 10ms is met up to {Figure.Exact(found.RecordsPerSecond.Value)} records/s (3 of 3 runs), and missed at {Figure.Exact(found.MissedAt.Value)} records/s", found.Text(Target));

        // From the lowest rate of the plan on; in the result rates stand in their order, whenever they were tried.
        Assert.Equal(["1000", "2000", "4000", "8000", "16000"], folder.Runs.Take(5).Select(run => run.Axes["rate"]));
        var rates = Assert.Single(folder.Plan.Axes).Values.Select(double.Parse).ToList();
        Assert.Equal(rates.Order(), rates);
        Assert.Equal(rates.Count, folder.Plan.Cells.Count);
        Assert.Equal(folder.Runs.Select(run => run.Cell).Distinct().Order(), folder.Plan.Cells.Select(cell => cell.Id).Order());

        var html = File.ReadAllText(ReportBuilder.Write(folder));
        Assert.Contains("p99 &lt;= 10ms is met up to", html);
        Assert.Contains("Latency over the achieved rate", html);
        Assert.Contains("wanted: p99 &lt;= 10ms", html);
        Assert.DoesNotContain("Not drawn", html);
        Assert.Equivalent(folder.Plan.Saturation, ResultFolder.Open(folder.Path).Plan.Saturation, strict: true);
    }

    [Fact]
    public async Task Runs_SeveralCombinations_AreSearchedInTurnEachForItself()
    {
        var search = await Prepare(TestPlans.Produce with { Vary = [Axis.Strategy("flush", "os-cache", "every-batch"), Axis.Rate("1000")] });
        var folder = await Search(search, (values, rate) => rate <= (values["flush"] == "os-cache" ? 8000 : 500) ? 5 : 50);

        Assert.Equal(
            [("os-cache", 8000.0, true), ("every-batch(filled=1)", 500.0, true)],
            folder.Plan.Saturation!.Found.Select(found => (found.Values["flush"], found.RecordsPerSecond!.Value, found.IsConfirmed)));
        Assert.Equal(2, folder.Runs.Take(2).Select(run => run.Axes["flush"]).Distinct().Count());
        Assert.Equal(folder.Plan.Cells.Count, folder.Plan.Cells.Select(cell => cell.Id).Distinct().Count());
    }

    [Fact]
    public async Task Runs_RateThatIsNotHeldOrNotSound_MissesHoweverShortItsLatency()
    {
        var search = await Prepare(TestPlans.Produce with { Vary = [Axis.Rate("1000")] });
        var folder = await Search(search, (_, _) => 5, row => row.OfferedPerSecond switch
        {
            > 4000 => row with { Sound = false, Reason = "a node ended" },
            > 2000 => row with { AchievedPerSecond = 0.9 * row.OfferedPerSecond.Value },
            _ => row,
        });

        var found = Assert.Single(folder.Plan.Saturation!.Found);
        Assert.InRange(found.RecordsPerSecond!.Value, 1900, 2000);
        Assert.InRange(found.MissedAt!.Value, 2001, 2100);
    }

    [Fact]
    public async Task Runs_NoRoomOnTheDiskForARate_EndsBelowIt()
    {
        var search = await Prepare(TestPlans.Produce with { Vary = [Axis.Rate("1000")] }, rateMax: 1e12);

        // The data folder's disk is that of the test; some rate is too much for any.
        var folder = await Search(search, (_, _) => 5);

        var found = Assert.Single(folder.Plan.Saturation!.Found);
        Assert.Null(found.MissedAt);
        Assert.Contains("the highest rate that could be tried", found.Text(Target));
        Assert.All(folder.Plan.Cells, cell => Assert.Contains(folder.Runs, run => run.Cell == cell.Id));
    }

    [Fact]
    public async Task Runs_BudgetIsUsedUp_EndsUnconfirmedAndSaysSo()
    {
        var search = await Prepare(TestPlans.Produce with { Vary = [Axis.Rate("1000")] }, budget: TimeSpan.Zero);
        var folder = await Search(search, (_, _) => 5);

        Assert.Single(folder.Runs);
        Assert.StartsWith("the budget of 0 min", folder.Plan.RepeatsEnded);
        Assert.EndsWith("; not confirmed", Assert.Single(folder.Plan.Saturation!.Found).Text(Target));
    }

    [Fact]
    public async Task Prepare_NothingIsProduced_IsRefused() =>
        await Assert.ThrowsAsync<PlanException>(() => Prepare(TestPlans.Read));

    private static Task<SaturationSearch> Prepare(Plan plan, double rateMax = 1e9, TimeSpan? budget = null)
    {
        var experiment = TestPlans.Of(plan);
        var rule = new RateSearchRule(SaturationSearch.StartOf(experiment, [])) { RateMax = rateMax };
        return SaturationSearch.Prepare(experiment, [], seed: 7, new TestPlans.ResolvingSystem(), Target, rule, budget, CancellationToken.None);
    }

    private async Task<ResultFolder> Search(SaturationSearch search, Func<IReadOnlyDictionary<string, string>, double, double> p99, Func<RunRow, RunRow>? change = null)
    {
        var described = CampaignFacts.Describe(search.First, SyntheticCampaign.Machine, _root.Path, "test") with { Saturation = search.Facts };
        var folder = ResultFolder.Create(_root.Path, described, SyntheticCampaign.Machine);
        await foreach (var run in search.Runs(folder, _root.Path, CancellationToken.None))
        {
            var rate = ((ProduceLoad)run.Cell.Load).Send.RecordsPerSecond;
            Assert.Equal(Target, run.Cell.Target);
            var latency = p99(run.Cell.Facts.Values, rate);
            var row = Run.Of(run.Cell.Facts.Id, run.Repeat) with
            {
                Axes = run.Cell.Facts.Values,
                OfferedPerSecond = rate,
                AchievedPerSecond = rate,
                P50Ms = latency / 5,
                P99Ms = latency,
                P999Ms = latency * 2,
                Bottleneck = "leader CPU",
                BottleneckEvidence = "as good as made up",
                Processes = [new ProcessUse { Role = ProcessRole.Leader, CpuSeconds = 5, Cores = 0.5 }],
            };
            var histogram = new Histogram();
            histogram.Record(TimeSpan.FromMilliseconds(latency / 5), count: 1000);
            folder.Append(
                change?.Invoke(row) ?? row, histogram,
                [.. Enumerable.Range(1, 10).Select(second => new TimelinePoint { Second = second, OfferedPerSecond = rate, AchievedPerSecond = rate })]);
        }

        return folder;
    }
}
