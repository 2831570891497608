using Experiments;
using Harness.Load;
using Harness.Plans;
using Harness.Results;

namespace Harness.Tests.Plans;

public sealed class CampaignTests
{
    [Fact]
    public async Task Cells_TwoAxes_AreTheirCrossProductInOrder()
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce));

        Assert.Equal(
            ["os-cache · 1000", "os-cache · 5000", "os-cache · unlimited", "every-batch(filled=1) · 1000", "every-batch(filled=1) · 5000", "every-batch(filled=1) · unlimited"],
            campaign.Cells.Select(cell => cell.Facts.Label));
        Assert.Equal(6, campaign.Cells.Select(cell => cell.Facts.Id).Distinct().Count());
    }

    [Fact]
    public async Task Cells_AxisValue_IsInForceInLoadAndCluster()
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce));

        var cell = campaign.Cells[4];
        Assert.Equal(5000, ((BrokerLoad)cell.Load).Send.RecordsPerSecond);
        Assert.Equal(Arrival.OpenConstant, ((BrokerLoad)cell.Load).Send.Arrival);
        Assert.Equal("every-batch(filled=1)", cell.Cluster.Strategies["flush"]);
        Assert.Equal(Arrival.Closed, ((BrokerLoad)campaign.Cells[5].Load).Send.Arrival);
    }

    [Theory]
    [InlineData("schedule.measure=9s", false)]
    [InlineData("schedule.measure=10s", true)]
    [InlineData("calibrate=true", true)]
    [InlineData("schedule.measure=10s;calibrate=false", false)]
    public async Task IsCalibrated_RunsOfStandardLengthOrAsTold_Are(string overrides, bool expected) =>
        Assert.Equal(expected, (await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, overrides.Split(';'))).IsCalibrated);

    [Fact]
    public async Task Cells_TwoPlans_CarryTheirPart()
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Read with { Part = "read" }, TestPlans.Produce with { Part = "produce" }));

        Assert.Equal(8, campaign.Cells.Count);
        Assert.Equal(["part", "pageCache", "flush", "rate"], campaign.Axes.Select(axis => axis.Name));
        Assert.Equal(["read", "produce"], campaign.Axes[0].Values);
        Assert.Equal("records/s", campaign.Axes[3].Unit);
        Assert.Equal(PageCache.Cold, ((ReadLoad)campaign.Cells[1].Load).PageCache);
    }

    [Fact]
    public async Task Runs_Repeats_AreInterleaved()
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce));

        var rounds = campaign.Runs.Chunk(6).ToList();

        Assert.Equal(4, rounds.Count);
        for (var i = 0; i < rounds.Count; i++)
        {
            Assert.All(rounds[i], run => Assert.Equal(i + 1, run.Repeat));
            Assert.Equal(6, rounds[i].Select(run => run.Cell.Facts.Id).Distinct().Count());
        }

        Assert.True(rounds.Select(Order).Distinct().Count() > 1, "every round has the same order");
    }

    [Fact]
    public async Task Runs_SameSeed_SameOrder()
    {
        var first = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), seed: 3);
        var second = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), seed: 3);
        var other = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), seed: 4);

        Assert.Equal(Order(first.Runs), Order(second.Runs));
        Assert.NotEqual(Order(first.Runs), Order(other.Runs));
    }

    [Fact]
    public async Task Rounds_WithABudget_GoOnInShuffledRoundsBeyondThePlan()
    {
        var plain = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce));
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, "schedule.precision=5%", "schedule.budget=10min", "schedule.precisionOf=p99, achieved");

        var rounds = campaign.Rounds().Take(9).ToList();

        Assert.Equal(4, plain.Rounds().Count());
        Assert.Equal(Order(plain.Runs), Order(rounds.Take(4).SelectMany(round => round)));
        Assert.Equal(Order(plain.Runs), Order(campaign.Runs));
        Assert.All(rounds, round => Assert.Equal(6, round.Select(run => run.Cell.Facts.Id).Distinct().Count()));
        Assert.All(rounds[8], run => Assert.Equal(9, run.Repeat));
        Assert.Equal((0.05, TimeSpan.FromMinutes(10)), (campaign.Cells[0].Schedule.Precision, campaign.Cells[0].Schedule.Budget));
        Assert.Equal(["p99", "achieved"], campaign.Cells[0].Schedule.PrecisionOf);
    }

    [Theory]
    [InlineData("needs a schedule.budget", "schedule.precision=5%")]
    [InlineData("write a percentage above 0", "schedule.precision=5")]
    [InlineData("there is no metric 'speed'", "schedule.precisionOf=speed")]
    [InlineData("write a duration with its unit", "schedule.budget=10")]
    public async Task Prepare_PrecisionThatCannotBe_SaysWhatIsAllowed(string message, string assignment)
    {
        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, assignment));

        Assert.Contains(message, error.Message);
    }

    [Fact]
    public async Task Prepare_PartByName_LeavesTheOthersOut()
    {
        var (one, two) = (TestPlans.Produce with { Part = "safe(7 cut)", Vary = [] }, TestPlans.Produce with { Part = "safe(17 lost)", Vary = [] });
        var experiment = TestPlans.Of(one, two);

        Assert.Equal(["safe(17 lost)"], (await TestPlans.Prepare(experiment, 7, "part=17")).Plans.Select(plan => plan.Part));
        Assert.Equal(2, (await TestPlans.Prepare(experiment, 7, "part=SAFE")).Plans.Count);
        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(experiment, 7, "part=18"));
        Assert.Contains("it has safe(7 cut), safe(17 lost)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_FromALaterRepeat_AreThoseOfTheWholeCampaign()
    {
        var plan = TestPlans.Produce with { Vary = [] };

        var some = await TestPlans.Prepare(TestPlans.Of(plan), 7, "schedule.firstRepeat=3", "schedule.repeats=2");

        Assert.Equal([3, 4], some.Runs.Select(run => run.Repeat));
    }

    [Fact]
    public async Task Runs_PlansWithOwnRepeats_GetThem()
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Read with { Part = "read" }, TestPlans.Produce with { Part = "produce" }));

        Assert.Equal(2 * 2 + 6 * 4, campaign.Runs.Count);
        Assert.Equal(4, campaign.Runs.Count(run => run.Cell.Load is ReadLoad));
    }

    [Fact]
    public async Task Prepare_WrongStrategyAndWrongCluster_NamesBothOnce()
    {
        var plan = TestPlans.Produce with { Cluster = new() { Nodes = 1, Replication = 3, MinInSync = 2 }, Vary = [Axis.Strategy("flush", "nonsense", "os-cache"), Axis.Rate("1", "2")] };

        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(plan)));

        Assert.Equal(2, error.Message.Split('\n').Length);
        Assert.Contains("there is no flush strategy 'nonsense'", error.Message);
        Assert.Contains("cluster.replication=3", error.Message);
    }

    [Theory]
    [InlineData("cluster.tls=tls11", "none, tls12, tls13")]
    [InlineData("broker.security.protocol=SSL", "cluster.tls")]
    [InlineData("broker.ssl.keystore.location=key.pem", "cluster.tls")]
    [InlineData("cluster.tls=tls13;load.generator=kafka-tools;load.idempotent=false", "cluster.tls to none")]
    public async Task Prepare_TlsThatCannotBeHad_SaysWhatToSet(string overrides, string expected)
    {
        var plan = TestPlans.Produce with { Vary = [] };

        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(plan), 7, overrides.Split(';')));

        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public async Task Prepare_CellsOnOneCluster_AskTheSystemOnceForEach()
    {
        var system = new TestPlans.ResolvingSystem();

        await Campaign.Prepare(TestPlans.Of(TestPlans.Produce), [], 1, system, CancellationToken.None);

        Assert.Equal(2, system.Checks);
    }

    [Fact]
    public async Task Prepare_AxisThatTheLoadHasNot_IsRefused()
    {
        var plan = TestPlans.Read with { Vary = [Axis.Rate("1000")] };

        var error = await Assert.ThrowsAsync<PlanException>(() => TestPlans.Prepare(TestPlans.Of(plan)));

        Assert.Contains("load.recordsPerSecond", error.Message);
    }

    private static string Order(IEnumerable<ScheduledRun> runs) => string.Join(' ', runs.Select(run => run.Cell.Facts.Id));

    [Fact]
    public void Experiments_EachClaim_IsDecidedByACheckOnMetricsThatExist()
    {
        foreach (var experiment in ExperimentCatalog.All)
        {
            var checks = experiment.Expectation.Checks;
            Assert.All(checks, check => Metric.Find(check.Metric));
            Assert.Equal(experiment.Claims.Select(claim => claim.Number).Order(), checks.Select(check => check.Claim).OfType<int>().Distinct().Order());
        }
    }

    [Fact]
    public void Claims_InTheCatalog_AreNumberedWithoutHolesSayWhatRefutesThemAndAreSaidOnce()
    {
        Assert.Equal(Enumerable.Range(1, 28), ClaimCatalog.All.Select(claim => claim.Number));
        Assert.All(ClaimCatalog.All, claim => Assert.All(new[] { claim.Text, claim.Source, claim.RefutedBy }, text => Assert.NotEqual("", text)));
        foreach (var experiment in ExperimentCatalog.All)
        {
            Assert.All(experiment.Claims, claim => Assert.Same(ClaimCatalog.Find(claim.Number), claim));
            Assert.All(experiment.Claims, claim => Assert.Contains(experiment.Id, ClaimCatalog.AnsweredBy(claim).Select(answering => answering.Id)));
        }

        Assert.Contains("1 to 28", Assert.Throws<PlanException>(() => ClaimCatalog.Find(29)).Message);
    }

    // A strategy's parameters are the broker's to resolve, which is not started here.
    private static Dictionary<string, string> Named(IReadOnlyDictionary<string, string> values) =>
        values.ToDictionary(value => value.Key, value => PlanSettings.Seams.Contains(value.Key) ? value.Value.Split('(')[0] : value.Value);

    [Fact]
    public async Task Experiments_InAQuickLook_KeepTheCellsThatDecideTheirClaims()
    {
        foreach (var experiment in ExperimentCatalog.All)
        {
            var (whole, quick) = (await TestPlans.Prepare(experiment), await TestPlans.Prepare(experiment, overrides: "profile=quick"));
            var cells = quick.Cells.Select(cell => Named(cell.Facts.Values)).ToList();

            Assert.All(experiment.Expectation.Checks.Where(check => check.Claim is not null).SelectMany(check => new[] { check.Of, check.RatioTo, check.Against?.Of, check.Against?.To }.OfType<IReadOnlyDictionary<string, string>>()),
                wanted => Assert.Contains(cells, cell => CellSelector.Matches(Named(wanted), cell)));
            Assert.All(experiment.Quick.Keep, kept => Assert.Contains(whole.Axes, axis => axis.Name == kept.Key));
            Assert.All(experiment.Quick.Keep.Where(kept => !PlanSettings.Seams.Contains(kept.Key)), kept => Assert.All(
                kept.Value, value => Assert.Contains(whole.Axes.Single(axis => axis.Name == kept.Key).Values, known => CellSelector.Matches(value, known))));
            Assert.True(quick.Runs.Count <= whole.Runs.Count && quick.ShortestTime <= whole.ShortestTime, experiment.Id);
        }
    }

    [Fact]
    public async Task Experiments_EachCheckAndChart_IsOfCellsThatThePlanHas()
    {
        foreach (var experiment in ExperimentCatalog.All)
        {
            var campaign = await TestPlans.Prepare(experiment);
            var cells = campaign.Cells.Select(cell => Named(cell.Facts.Values)).ToList();

            Assert.All(experiment.Expectation.Checks.SelectMany(check => new[] { check.Of, check.RatioTo, check.Against?.Of, check.Against?.To }.OfType<IReadOnlyDictionary<string, string>>()),
                wanted => Assert.Contains(cells, cell => CellSelector.Matches(Named(wanted), cell)));
            Assert.All(experiment.Charts, chart =>
            {
                Assert.Contains(cells, cell => CellSelector.Matches(Named(chart.Only), cell));
                Assert.All(new[] { chart.X, chart.Series }.OfType<string>(), axis => Assert.Contains(campaign.Axes, known => known.Name == axis));
            });
        }
    }
}
