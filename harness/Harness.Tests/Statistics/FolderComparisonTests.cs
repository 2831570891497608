using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class FolderComparisonTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _results;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_OfTheSame_AreReproducedAndNothingIsWorse()
    {
        var comparison = Compare(Result([10, 10.1, 9.9, 10, 10.05], [5, 5.02, 4.98, 5, 5.01]), Result([10.02, 10, 9.95, 10, 10.03], [5.01, 5, 4.99, 5, 5.02]));

        Assert.Equal((FolderVerdict.Passed, FolderVerdict.Passed), (comparison.Verdict, comparison.Reproduced));
        Assert.All(comparison.Figures, figure => Assert.Equal("no difference of 5 % or more", figure.VerdictText));
        Assert.Equal(["os-cache", "every-batch"], comparison.Figures.Select(figure => figure.Cell.These.Label));
        Assert.Empty(comparison.Differences);
    }

    [Fact]
    public void Folders_OneCellSlower_FailByThatCell()
    {
        var comparison = Compare(Result([10, 10.1, 9.9, 10, 10.05], [5, 5.02, 4.98, 5, 5.01]), Result([11, 11.1, 10.9, 11.05, 11], [5.01, 5, 4.99, 5, 5.02]));

        Assert.Equal((FolderVerdict.Failed, FolderVerdict.Failed), (comparison.Verdict, comparison.Reproduced));
        var worse = Assert.Single(comparison.Figures, figure => figure.IsWorse);
        Assert.Equal(("os-cache", "worse"), (worse.Cell.These.Label, worse.VerdictText));
        Assert.Equal(1.1, worse.Outcome!.Ratio!.Value, 2);
    }

    [Fact]
    public void Folders_OneCellFaster_IsNoFailureButNotReproducedEither()
    {
        var comparison = Compare(Result([10, 10.1, 9.9, 10, 10.05], [5, 5.02, 4.98, 5, 5.01]), Result([8, 8.1, 7.9, 8.05, 8], [5.01, 5, 4.99, 5, 5.02]));

        Assert.Equal((FolderVerdict.Passed, FolderVerdict.Failed), (comparison.Verdict, comparison.Reproduced));
    }

    [Fact]
    public void Folders_OfSingleRuns_AreUndecided()
    {
        var comparison = Compare(Result([10], [5]), Result([20], [5]));

        Assert.Equal((FolderVerdict.Undecided, FolderVerdict.Undecided), (comparison.Verdict, comparison.Reproduced));
    }

    [Fact]
    public void Folders_WithNewFailures_FailWhateverTheFigures()
    {
        double[] like = [10, 10.1, 9.9, 10, 10.05];

        var comparison = Compare(Result(like, like), Result(like, like, run => run.Repeat == 2 ? run with { Sound = false, Reason = "lost" } : run));

        Assert.Equal(FolderVerdict.Failed, comparison.Verdict);
        Assert.Contains(comparison.Differences, difference => difference.Kind == DifferenceKind.Completeness && difference.These == "1 of 5");
    }

    [Fact]
    public void Folders_BarelyDifferingAmongMany_AreNotCalledSureOfIt()
    {
        // Alone it would differ at 95 %; among two it has to at 97.5 %.
        var comparison = Compare(Result([10, 11, 10.5], [5, 5, 5]), Result([11.2, 12.6, 11.9], [5, 5, 5]));

        var figure = comparison.Figures[0];
        Assert.Equal(ComparisonVerdict.Differs, figure.Outcome!.Verdict);
        Assert.False(figure.Differs);
        Assert.StartsWith("perhaps worse", figure.VerdictText);
        Assert.Equal(FolderVerdict.Undecided, comparison.Verdict);
    }

    [Fact]
    public void Differences_DurabilityAndMachine_Refuse()
    {
        double[] like = [1, 2];
        var machine = SyntheticCampaign.Machine with { Cores = 64, GitSha = "fedcba9876543210" };

        var differences = Compare(Result(like, like), Result(like, like, run => run with { Durability = "acks=1" }, machine: machine)).Differences;

        Assert.Equal(2, differences.Count(difference => difference is { Kind: DifferenceKind.Durability, These: "acks=1", Refuses: true }));
        Assert.Contains(differences, difference => difference is { Kind: DifferenceKind.Machine, What: "cores", Base: "2", These: "64", Refuses: true });
        Assert.Contains(differences, difference => difference is { Kind: DifferenceKind.Version, These: "fedcba9876", Refuses: false });
        Assert.Equal("machine: cores: 2 in the base, 64 here", differences.First(difference => difference.What == "cores").ToString());
    }

    [Fact]
    public void Differences_OfSettingsThatNodesTold_AreNamedOnce()
    {
        double[] like = [1, 2];
        ResultPlan Told(ResultPlan plan, string bytes) =>
            plan with { Nodes = [.. plan.Cells.Select(cell => new NodeConfiguration(cell.Id, 1, new Dictionary<string, string> { ["segment.bytes"] = bytes, ["read"] = "sendfile" }))] };

        var differences = Compare(Result(like, like, plan: plan => Told(plan, "1")), Result(like, like, plan: plan => Told(plan, "2"))).Differences;

        Assert.Equal(new FolderDifference(DifferenceKind.Setting, "segment.bytes", "1", "2"), Assert.Single(differences));
    }

    [Fact]
    public void Cells_FixedInOneAndVariedInTheOther_ArePairs()
    {
        double[] like = [1, 2];
        var one = Result(like, null, plan: plan => plan with { Axes = [new AxisFacts("rate", ["5"])], Cells = [plan.Cells[0] with { Values = new Dictionary<string, string> { ["rate"] = "5" } }, plan.Cells[1] with { Values = new Dictionary<string, string> { ["rate"] = "7" } }], Cluster = new Dictionary<string, string> { ["flush"] = "every-batch" } });
        var two = Result(like, like, plan: plan => plan with { Load = new Dictionary<string, string> { ["rate"] = "5" } });

        var comparison = Compare(one, two);

        Assert.Equal("every-batch", Assert.Single(comparison.Cells).These.Label);
        Assert.Equal(["7"], comparison.OnlyInBase);
        Assert.Equal(["os-cache"], comparison.OnlyInThese);
    }

    private static FolderComparison Compare(CampaignResults bases, CampaignResults these) => FolderComparison.Of(bases, these, [Metric.P99]);

    private CampaignResults Result(
        double[] osCache, double[]? everyBatch, Func<RunRow, RunRow>? change = null, MachineFacts? machine = null, Func<ResultPlan, ResultPlan>? plan = null)
    {
        var made = SyntheticCampaign.PlanOf("T01", "Test", 5, new AxisFacts("flush", ["os-cache", "every-batch"]));
        made = (plan?.Invoke(made) ?? made) with { Started = made.Started.AddMinutes(++_results), Finished = made.Started.AddMinutes(90) };
        var folder = ResultFolder.Create(_folder.Path, made, machine ?? SyntheticCampaign.Machine);
        foreach (var (cell, p99Ms) in made.Cells.Zip([osCache, everyBatch ?? []]))
            for (var i = 0; i < p99Ms.Length; i++)
            {
                var run = Run.Of(cell.Id, i + 1) with { P99Ms = p99Ms[i] };
                folder.Append(change?.Invoke(run) ?? run, null, []);
            }

        return CampaignResults.Of(folder);
    }
}
