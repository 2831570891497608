using Experiments;
using Harness.Cli;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Tests.Plans;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

/// <summary>When a campaign is not gone on with. Nothing here starts a run.</summary>
public sealed class ResumeCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Resume_ResultThatIsWhole_SaysSoAndChangesNothing()
    {
        var result = SyntheticCampaign.RateLadder(_folder.Path);
        var plan = await File.ReadAllTextAsync(Path.Combine(result.Path, "plan.json"));

        var (exitCode, output, error) = await Run("resume", result.Path);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("no run is missing", output, StringComparison.Ordinal);
        Assert.Equal(plan, await File.ReadAllTextAsync(Path.Combine(result.Path, "plan.json")));
    }

    [Fact]
    public async Task Report_OfACampaignThatWasKilled_ShowsWhatThereIs()
    {
        var result = await CutOff(machine => machine);

        var (exitCode, output, _) = await Run("report", result.Path);

        Assert.Equal((0, result.ReportPath), (exitCode, output.Trim()));
        Assert.Contains("The campaign was cut off", await File.ReadAllTextAsync(result.ReportPath), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_OnAnotherMachineWithOtherCode_IsRefusedWithBothAndHowToAllowThem()
    {
        var result = await CutOff(machine => machine with { Kernel = "1.0", GitSha = "0123456789abcdef", GitDirty = false });

        var (exitCode, _, error) = await Run("resume", result.Path, "--data", _folder.Path);
        var (half, _, other) = await Run("resume", result.Path, "--data", _folder.Path, "--allow", "machine");

        Assert.Equal((2, 2), (exitCode, half));
        Assert.Contains("machine: kernel: 1.0 in the base", error, StringComparison.Ordinal);
        Assert.Contains("version: commit: 0123456789 in the base", error, StringComparison.Ordinal);
        Assert.Contains("--allow machine --allow version goes on nevertheless", error, StringComparison.Ordinal);
        Assert.DoesNotContain("machine:", other, StringComparison.Ordinal);
        Assert.Empty(ResultFolder.Open(result.Path).Plan.Resumed);
    }

    [Fact]
    public async Task Resume_PlanThatHasChanged_IsRefusedWithWhat()
    {
        var result = await CutOff(machine => machine);
        result.WritePlan(result.Plan with { Load = new Dictionary<string, string>(result.Plan.Load) { ["kind"] = "something else" } });

        var (exitCode, _, error) = await Run("resume", result.Path, "--data", _folder.Path, "--allow", "machine", "--allow", "version");

        Assert.Equal(2, exitCode);
        Assert.Contains("kind something else", error, StringComparison.Ordinal);
        Assert.Contains("check out commit", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_ResultThatIsBeingWritten_IsLeftAlone()
    {
        var result = await CutOff(machine => machine);
        using (result.TakeForWriting())
        {
            var (exitCode, _, error) = await Run("resume", result.Path, "--data", _folder.Path, "--allow", "machine", "--allow", "version");

            Assert.Equal(2, exitCode);
            Assert.Contains("is being written by another campaign", error, StringComparison.Ordinal);
        }

        Assert.Empty(ResultFolder.Open(result.Path).Plan.Resumed);
        result.TakeForWriting().Dispose();
        Assert.False(File.Exists(Path.Combine(result.Path, "campaign.lock")));
    }

    /// <summary>A campaign of an experiment on files that was cut off before its first run.</summary>
    private async Task<ResultFolder> CutOff(Func<MachineFacts, MachineFacts> change)
    {
        var campaign = await Campaign.Prepare(ExperimentCatalog.Find("E05"), [], seed: 3, new TestPlans.ResolvingSystem(), CancellationToken.None);
        var machine = change(await MachineProbe.Observe(_folder.Path, checkout: null));
        return ResultFolder.Create(_folder.Path, CampaignFacts.Describe(campaign, machine, _folder.Path, "test"), machine);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
