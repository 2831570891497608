using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class RepeatGoalTests
{
    private static readonly RepeatGoal Goal = new(0.05, [Metric.P99], TimeSpan.FromMinutes(10));
    private static readonly ResultPlan Plan = SyntheticCampaign.PlanOf("T01", "Test", 3, new AxisFacts("flush", ["a", "b"]));

    [Fact]
    public void Goal_NarrowIntervals_StopsAndNamesTheWidest()
    {
        var reason = Stop([10, 10.1, 9.9, 10, 10.05, 9.95], [20, 20.6, 19.4, 20, 20.3, 19.7]);

        Assert.StartsWith("every median is known to 5 %: p99 latency of b the least well", reason);
    }

    [Fact]
    public void Goal_OneWideInterval_GoesOn() => Assert.Null(Stop([10, 10.1, 9.9, 10, 10.05, 9.95], [20, 30, 10, 25, 15, 22]));

    [Fact]
    public void Goal_FewRunsHoweverAlike_GoesOn() => Assert.Null(Stop([10, 10, 10, 10, 10], [20, 20, 20, 20, 20]));

    [Fact]
    public void Goal_NoTimeForAnotherRound_StopsAndSaysWhatIsLeft()
    {
        Assert.Null(Stop([1, 5], [2, 3], elapsed: TimeSpan.FromMinutes(8)));
        Assert.Equal("the budget of 10 min has no room for another round; p99 latency of a has no interval yet", Stop([1, 5], [2, 3], elapsed: TimeSpan.FromMinutes(8.5)));
        Assert.Matches("p99 latency of b is known to [0-9.]+ % only", Stop([10, 10.1, 9.9, 10, 10.05, 9.95], [20, 30, 10, 25, 15, 22], elapsed: TimeSpan.FromMinutes(9))!);
    }

    [Fact]
    public void Goal_CellThatOnlyFails_DoesNotHoldTheOthersUp()
    {
        RunRow[] runs = [.. Runs("a", [10, 10.1, 9.9, 10, 10.05, 9.95]), .. Runs("b", [1, 2, 3, 4, 5, 6]).Select(run => run with { Sound = false })];

        Assert.NotNull(Goal.StopsBecause(Plan, runs, TimeSpan.Zero, TimeSpan.FromMinutes(2)));
    }

    [Fact]
    public void Goal_WithoutPrecision_UsesTheBudgetUp()
    {
        var goal = Goal with { Precision = null };

        Assert.Null(goal.StopsBecause(Plan, [.. Runs("a", [1, 1, 1, 1, 1, 1])], TimeSpan.FromMinutes(7), TimeSpan.FromMinutes(2)));
        Assert.Equal("the budget of 10 min has no room for another round", goal.StopsBecause(Plan, [], TimeSpan.FromMinutes(9), TimeSpan.FromMinutes(2)));
    }

    private static string? Stop(double[] a, double[] b, TimeSpan elapsed = default) =>
        Goal.StopsBecause(Plan, [.. Runs("a", a), .. Runs("b", b)], elapsed, TimeSpan.FromMinutes(2));

    private static IEnumerable<RunRow> Runs(string flush, double[] p99Ms)
    {
        var id = Plan.Cells.Single(cell => cell.Values["flush"] == flush).Id;
        return p99Ms.Select((value, i) => Run.Of(id, i + 1) with { P99Ms = value });
    }
}
