using Experiments;
using Harness.Cli;
using Harness.Plans;
using Harness.Results;
using Harness.Results.Claims;
using Harness.Tests.Plans;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

/// <summary>The campaign over all claims, with experiments on files only, which take moments.</summary>
public sealed class ClaimsJobTests : IDisposable
{
    // Enough to have a rate; what comes out is not looked at.
    private static readonly string[] Tiny = ["profile=quick", "schedule.repeats=1", "schedule.warmup=0s", "schedule.measure=200ms", "files.fileBytes=4MiB"];

    private readonly TemporaryFolder _folder = new();

    private CampaignPlaces Places => new(Path.Combine(_folder.Path, "results"), Path.Combine(_folder.Path, "data"), KeepData: false);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_OneThatCannotBe_DoesNotStopTheOthersAndEveryClaimHasItsAnswer()
    {
        var (exitCode, output, _) = await Run([new Impossible(), new MemoryBandwidth()]);

        var summary = Only().Summary;
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Equal([ClaimsProgress.Failed, ClaimsProgress.Measured], summary.Experiments.Select(experiment => experiment.Progress));
        Assert.Contains("files.fileBytes does not apply", summary.Experiments[0].Reason, StringComparison.Ordinal);
        Assert.NotNull(summary.Finished);
        Assert.Equal("quick", summary.Profile);
        Assert.Equal(ClaimCatalog.All.Select(claim => claim.Number), summary.Claims.Select(answer => answer.Number));
        var bandwidth = summary.Claims.Single(answer => answer.Number == 2);
        Assert.True(bandwidth.Verdict != ClaimVerdict.NotDecided || summary.Experiments[1].UnsoundRuns > 0, "sound runs decide");
        Assert.Equal("E05", ResultFolder.Open(Only().PathOf(bandwidth.Folder!)).Plan.Experiment);
        Assert.Contains("no experiment", summary.Claims.Single(answer => answer.Number == 3).Why, StringComparison.Ordinal);
        Assert.Contains("profile quick: 2 experiments, about", output, StringComparison.Ordinal);
        Assert.Contains("a first look, with wide intervals", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_AfterAStop_MakesOnlyWhatIsMissing()
    {
        using var stop = new CancellationTokenSource();
        var (exitCode, _, error) = await Run([new MemoryBandwidth(), new Readahead()], new StopAt("E05: ", stop), stop.Token);
        var cut = Only().Summary;

        Assert.Equal(ExitCode.Interrupted, exitCode);
        Assert.Contains("testbed resume", error, StringComparison.Ordinal);
        Assert.Equal([ClaimsProgress.Measured, ClaimsProgress.NotRun], cut.Experiments.Select(experiment => experiment.Progress));
        Assert.Null(cut.Finished);
        Assert.Equal("not run", cut.Claims.Single(answer => answer.Number == 22).Why);

        using var output = new StringWriter();
        // The checkout that is tested may have changes that are in no commit.
        var resumed = await CommandLine.Run(["resume", Only().Path, "--data", Places.Data, "--allow", "version"], new Surroundings(output, output, TextReader.Null));
        Assert.Equal(ExitCode.Success, await CommandLine.Run(["resume", Only().Path, "--data", Places.Data], new Surroundings(output, output, TextReader.Null)));

        var whole = Only().Summary;
        // Of such short runs on a busy machine some may be unsound, which the exit code has to say.
        Assert.Equal(whole.Experiments.All(experiment => experiment.UnsoundRuns == 0) ? ExitCode.Success : ExitCode.Failed, resumed);
        Assert.Equal(cut.Experiments[0], whole.Experiments[0]);
        Assert.Equal(ClaimsProgress.Measured, whole.Experiments[1].Progress);
        Assert.NotNull(whole.Finished);
        Assert.Single(ResultFolder.PathsOf(Places.Out, "E05"));
        Assert.Contains("is whole: no experiment is missing", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunClaims_WithASettingOfOneExperiment_IsRefused()
    {
        using var error = new StringWriter();

        Assert.Equal(ExitCode.Usage, await CommandLine.Run(["run", "claims", "--set", "load.acks=1"], new Surroundings(TextWriter.Null, error, TextReader.Null)));

        Assert.Contains("settings of one experiment do not suit the others", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_WhatIsNoSuchFolder_SaysWhatIsMissing()
    {
        Assert.False(ClaimsFolder.IsOne(_folder.Path));
        Assert.Contains("claims.json is missing", Assert.Throws<ResultException>(() => ClaimsFolder.Open(_folder.Path)).Message, StringComparison.Ordinal);
    }

    private ClaimsFolder Only() => ClaimsFolder.Open(Assert.Single(Directory.GetDirectories(Path.Combine(Places.Out, ClaimsFolder.Name))));

    private async Task<(int ExitCode, string Output, string Error)> Run(IReadOnlyList<Experiment> experiments, StringWriter? watched = null, CancellationToken stop = default)
    {
        using var output = watched ?? new StringWriter();
        using var error = new StringWriter();
        var exitCode = await ClaimsJob.Run(experiments, Tiny, seed: 3, Places, new Surroundings(output, error, TextReader.Null), stop);
        return (exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Stops when an experiment is told to be over.</summary>
    private sealed class StopAt(string line, CancellationTokenSource stop) : StringWriter
    {
        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            if (value?.StartsWith(line, StringComparison.Ordinal) == true && value.Contains(" runs in ", StringComparison.Ordinal)) stop.Cancel();
        }
    }

    /// <summary>It has no files whose bytes could be set.</summary>
    private sealed class Impossible : Experiment
    {
        public override string Id => "T01";
        public override string Title => "Cannot be";
        public override string Question => "Does it stop the others?";
        public override Expectation Expectation => new("It does not.");
        public override IReadOnlyList<Plan> Plans => [TestPlans.Produce];
        public override IReadOnlyList<ChartRequest> Charts => [];
    }
}
