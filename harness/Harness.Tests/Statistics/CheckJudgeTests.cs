using Harness.Plans;
using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class CheckJudgeTests
{
    private static readonly AxisFacts Read = new("read", ["sendfile", "positioned(bufferBytes=256KiB)"]);
    private static readonly AxisFacts Cache = new("cache", ["hot", "cold"]);

    [Fact]
    public void Check_OnAValueWithinItsLimit_IsMetByTheMedian()
    {
        var plan = Plan(new Check { Name = "p99 at most 10 ms", Metric = "p99", Bound = CheckBound.AtMost, Limit = 10 });

        var outcome = Assert.Single(CheckJudge.Judge(plan, Runs(plan, 1, 9, 3, 4)));

        // The worst cell decides: positioned, hot, 9 ms.
        Assert.Equal(CheckVerdict.FellShort, CheckJudge.Judge(plan, Runs(plan, 1, 9, 30, 4))[0].Verdict);
        Assert.Equal((CheckVerdict.Met, 9d), (outcome.Verdict, outcome.Value));
        Assert.Contains("9.00 ms (9.00 to 9.00, lowest to highest, n = 3); limit at most 10.0 ms; sendfile · cold", outcome.Figure, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OnARatio_ComparesCellsThatDifferInTheComparedAxisOnly()
    {
        var check = new Check
        {
            Name = "sendfile at most 0.6 of positioned",
            Metric = "p99",
            Of = new Dictionary<string, string> { ["read"] = "sendfile" },
            RatioTo = new Dictionary<string, string> { ["read"] = "positioned" },
            Bound = CheckBound.AtMost,
            Limit = 0.6,
        };
        var plan = Plan(check);

        // sendfile hot 1, cold 5; positioned hot 2, cold 10: 0.5 each. Hot against cold would give 0.1 or 2.5.
        var met = CheckJudge.Judge(plan, Runs(plan, 1, 5, 2, 10))[0];
        var fellShort = CheckJudge.Judge(plan, Runs(plan, 1, 7, 2, 10))[0];

        Assert.Equal((CheckVerdict.Met, 0.5), (met.Verdict, Math.Round(met.Value!.Value, 9)));
        Assert.Equal((CheckVerdict.FellShort, 0.7), (fellShort.Verdict, Math.Round(fellShort.Value!.Value, 9)));
        Assert.Contains("sendfile · cold / positioned(bufferBytes=256KiB) · cold", fellShort.Figure, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AgainstAnotherRatio_ComparesWhatEachLoses()
    {
        var plan = Plan(Expect.KeepsAtLeast(1.05, Metric.P99, (Cell("sendfile", "cold"), Cell("sendfile", "hot")),
            (Cell("positioned", "cold"), Cell("positioned", "hot")), "sendfile keeps more"));

        // sendfile keeps 0.9 of 10; positioned 0.8 of 5, then 0.9 of it.
        var met = CheckJudge.Judge(plan, Runs(plan, 10, 9, 5, 4))[0];
        var equal = CheckJudge.Judge(plan, Runs(plan, 10, 9, 5, 4.5))[0];

        Assert.Equal((CheckVerdict.Met, 1.125), (met.Verdict, Math.Round(met.Value!.Value, 9)));
        Assert.Equal((CheckVerdict.FellShort, 1d), (equal.Verdict, Math.Round(equal.Value!.Value, 9)));
        Assert.Contains("(sendfile · cold / sendfile · hot) / (positioned(bufferBytes=256KiB) · cold / ", met.Figure, StringComparison.Ordinal);
        Assert.Equal(CheckVerdict.NotMeasured, CheckJudge.Judge(plan, [.. Runs(plan, 10, 9, 5, 4).Where(run => run.Cell != plan.Cells[2].Id)])[0].Verdict);

        static (string, string)[] Cell(string read, string cache) => [("read", read), ("cache", cache)];
    }

    [Fact]
    public void Check_AtLeast_IsDecidedByTheLowest()
    {
        var plan = Plan(new Check { Name = "at least", Metric = "p99", Bound = CheckBound.AtLeast, Limit = 2 });

        Assert.Equal(CheckVerdict.FellShort, CheckJudge.Judge(plan, Runs(plan, 1, 9, 3, 4))[0].Verdict);
        Assert.Equal(CheckVerdict.Met, CheckJudge.Judge(plan, Runs(plan, 2, 9, 3, 4))[0].Verdict);
    }

    [Fact]
    public void Check_WithACellWithoutSoundRuns_CannotBeMetButCanFail()
    {
        var plan = Plan(new Check { Name = "p99 at most 10 ms", Metric = "p99", Bound = CheckBound.AtMost, Limit = 10 });
        IReadOnlyList<RunRow> Unsound(double other) =>
            [.. Runs(plan, 1, other, 3, 4).Select(run => run.Cell == plan.Cells[0].Id ? run with { Sound = false, Reason = "lost records" } : run)];

        Assert.Equal(CheckVerdict.NotMeasured, CheckJudge.Judge(plan, Unsound(2))[0].Verdict);
        Assert.Equal(CheckVerdict.FellShort, CheckJudge.Judge(plan, Unsound(20))[0].Verdict);
        Assert.Equal((CheckVerdict.NotMeasured, (double?)null), (CheckJudge.Judge(plan, [])[0].Verdict, CheckJudge.Judge(plan, [])[0].Value));
    }

    [Fact]
    public void Check_ThatNothingIsLost_IsJudgedByTheWorstRunSoundOrNot()
    {
        var plan = Plan(new Check { Name = "nothing is lost", Metric = "lost", Bound = CheckBound.AtMost, Limit = 0 });
        var clean = Runs(plan, 1, 1, 1, 1).Select(run => run with { Verified = 100 }).ToList();
        var losing = clean.Select((run, i) => i == 4 ? run with { Lost = 7, Sound = false } : run).ToList();

        Assert.Equal(CheckVerdict.Met, CheckJudge.Judge(plan, clean)[0].Verdict);
        Assert.Equal((CheckVerdict.FellShort, 7d), (CheckJudge.Judge(plan, losing)[0].Verdict, CheckJudge.Judge(plan, losing)[0].Value));
        // Nor can the rest speak for a cell whose runs all failed before anyone looked.
        var holed = clean.Select(run => run.Cell == plan.Cells[0].Id ? run with { Verified = null, Sound = false, Reason = "failed" } : run).ToList();
        Assert.Equal(CheckVerdict.NotMeasured, CheckJudge.Judge(plan, holed)[0].Verdict);
        // Nobody looked: that is not the same as nothing lost.
        Assert.Equal(CheckVerdict.NotMeasured, CheckJudge.Judge(plan, Runs(plan, 1, 1, 1, 1))[0].Verdict);
    }

    [Fact]
    public void Check_ThatSomethingIsLostInSomeRun_IsJudgedByTheWorstRunOfEachCell()
    {
        var plan = Plan(Expect.InSomeRunAtLeast(1, Metric.Lost, [], "some are lost"));
        var once = Runs(plan, 1, 1, 1, 1).Select(run => run with { Verified = 100, Lost = run.Repeat == 2 ? 3 : 0 }).ToList();

        Assert.Equal((CheckVerdict.Met, 3d), (CheckJudge.Judge(plan, once)[0].Verdict, CheckJudge.Judge(plan, once)[0].Value));
        // A cell that never loses is blind, whatever the others show.
        var blind = once.Select(run => run.Cell == plan.Cells[0].Id ? run with { Lost = 0 } : run).ToList();
        Assert.Equal(CheckVerdict.FellShort, CheckJudge.Judge(plan, blind)[0].Verdict);
    }

    [Fact]
    public void Check_OfAnUnknownMetric_SaysWhichThereAre()
    {
        var plan = Plan(new Check { Name = "?", Metric = "p42", Bound = CheckBound.AtMost, Limit = 10 });

        Assert.Contains("choose achieved, held,", Assert.Throws<ResultException>(() => CheckJudge.Judge(plan, [])).Message, StringComparison.Ordinal);
    }

    private static ResultPlan Plan(Check check) => SyntheticCampaign.PlanOf("E01", "judged", 3, Read, Cache) with { Checks = [check] };

    // In the order of the plan: sendfile hot, sendfile cold, positioned hot, positioned cold; three equal repeats.
    private static IReadOnlyList<RunRow> Runs(ResultPlan plan, params double[] p99Ms) =>
        [.. plan.Cells.Zip(p99Ms).SelectMany(pair => Enumerable.Range(1, 3).Select(repeat =>
            Run.Of(pair.First.Id, repeat) with { Axes = pair.First.Values, P99Ms = pair.Second }))];
}
