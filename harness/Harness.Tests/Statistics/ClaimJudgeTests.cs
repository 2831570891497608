using Harness.Results;
using Harness.Results.Claims;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class ClaimJudgeTests : IDisposable
{
    private static readonly Claim Claim = new(7, "It is always good", "somebody", "it is bad");
    private static readonly ClaimsExperiment Whole = new("T01", "Test") { Progress = ClaimsProgress.Measured, Folder = "../../T01/now" };

    private readonly TemporaryFolder _root = new();
    private int _folders;

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Of_AClaimThatNobodyMeasures_SaysSo()
    {
        var answer = ClaimJudge.Of(Claim, []);

        Assert.Equal((ClaimVerdict.NotDecided, "no experiment decides it yet", null), (answer.Verdict, answer.Why, answer.Experiment));
    }

    [Theory]
    [InlineData(ClaimsProgress.NotRun, "not run")]
    [InlineData(ClaimsProgress.CutOff, "cut off before its first run had ended")]
    [InlineData(ClaimsProgress.Failed, "the disk is too small")]
    public void Of_AnExperimentWithoutRuns_SaysWhy(ClaimsProgress progress, string why)
    {
        var experiment = new ClaimsExperiment("T01", "Test") { Progress = progress, Reason = progress == ClaimsProgress.Failed ? "the disk is too small\nmore of it" : "" };

        Assert.Equal(("T01", why), (ClaimJudge.Of(Claim, [(experiment, null)]).Experiment, ClaimJudge.Of(Claim, [(experiment, null)]).Why));
    }

    [Theory]
    [InlineData(5, ClaimVerdict.Stands)]
    [InlineData(1, ClaimVerdict.Refuted)]
    public void Of_AnExperimentThatDecides_CarriesCheckFigureAndFolder(double limit, ClaimVerdict verdict)
    {
        var answer = ClaimJudge.Of(Claim, [(Whole, Results(limit, Sound("c01", 3)))]);

        Assert.Equal((verdict, "p99 is low", "T01", "../../T01/now", ""), (answer.Verdict, answer.Check, answer.Experiment, answer.Folder, answer.Why));
        Assert.StartsWith("3.00 ms", answer.Figure, StringComparison.Ordinal);
        Assert.Equal((Claim.Text, Claim.RefutedBy), (answer.Text, answer.RefutedBy));
    }

    [Fact]
    public void Of_RunsThatFailed_SaysWhatTheyLacked()
    {
        var failed = Run.Of("c01", 1) with { Sound = false, Reason = "cluster.memoryLimit needs root\nat some place" };

        Assert.Equal("cluster.memoryLimit needs root", ClaimJudge.Of(Claim, [(Whole, Results(5, failed))]).Why);
        Assert.Equal("cluster.memoryLimit needs root; cut off before all was measured",
            ClaimJudge.Of(Claim, [(Whole with { Progress = ClaimsProgress.CutOff }, Results(5, failed))]).Why);
    }

    [Fact]
    public void Of_SeveralExperiments_OneThatRefutesIsEnoughAndAHoleKeepsItOpen()
    {
        var (stands, refutes, open) = ((Whole, Results(5, Sound("c01", 3))), (Whole with { Id = "T02" }, Results(1, Sound("c01", 3))), (Whole with { Id = "T03", Progress = ClaimsProgress.NotRun }, (CampaignResults?)null));

        Assert.Equal((ClaimVerdict.Refuted, "T02"), Shown(ClaimJudge.Of(Claim, [stands, open, refutes])));
        Assert.Equal((ClaimVerdict.NotDecided, "T03"), Shown(ClaimJudge.Of(Claim, [stands, open])));
        Assert.Equal((ClaimVerdict.Stands, "T01"), Shown(ClaimJudge.Of(Claim, [stands, stands])));
    }

    private static (ClaimVerdict, string?) Shown(ClaimAnswer answer) => (answer.Verdict, answer.Experiment);

    private static RunRow Sound(string cell, double p99) => Run.Of(cell, 1) with { P99Ms = p99 };

    private CampaignResults Results(double limit, RunRow run)
    {
        var plan = SyntheticCampaign.PlanOf($"T{++_folders:00}", "Claims (synthetic fixture)", 1) with
        {
            Cells = [new CellFacts("c01", new Dictionary<string, string>())],
            Claims = [Claim],
            Checks = [new Check { Name = "p99 is low", Metric = "p99", Bound = CheckBound.AtMost, Limit = limit, Claim = Claim.Number }],
        };
        var folder = ResultFolder.Create(_root.Path, plan, SyntheticCampaign.Machine);
        folder.Append(run, null, []);
        return CampaignResults.Of(folder);
    }
}
