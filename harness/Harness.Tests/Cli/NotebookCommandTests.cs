using Experiments;
using Harness.Cli;
using Harness.Results;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

[Collection(nameof(Alone))]
public sealed class NotebookCommandTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Run_All_ExecutesWhatHasAResultAndSaysWhyItSkipsTheRest()
    {
        SyntheticCampaign.RoadToOneMillion(_root.Path);
        var output = Path.Combine(_root.Path, "executed");

        var (exitCode, text, error) = await Execute("notebook", "run", "all", "--results", _root.Path, "--out", output);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("E02_FlushPolicy.ipynb: skipped: " + _root.Path, text, StringComparison.Ordinal);
        Assert.Equal(["E03_RoadToOneMillion.ipynb"], Directory.GetFiles(output).Select(Path.GetFileName));
        Assert.Equal(ExperimentCatalog.All.Count(experiment => ExperimentFiles.NotebookOf(experiment) is not null), text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData("notebook", "run", "E02")]
    [InlineData("notebook", "E02")]
    [InlineData("notebook", "run", "E02_FlushPolicy")]
    public async Task Run_NamedWithoutAResult_IsRefused(params string[] args)
    {
        var (exitCode, _, error) = await Execute([.. args, "--results", _root.Path]);

        Assert.Equal(2, exitCode);
        Assert.Contains("there is no result of E02 under " + _root.Path, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UnknownName_ListsTheKnown()
    {
        var (exitCode, _, error) = await Execute("notebook", "run", "E99");

        Assert.Equal(2, exitCode);
        Assert.Contains("there is no notebook E99: give a file, all, or one of E01, E02, E03", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_SeveralOnOneResult_IsRefused()
    {
        var result = SyntheticCampaign.RoadToOneMillion(_root.Path);

        var (exitCode, _, error) = await Execute("notebook", "run", "E02", "E03", "--results", result.Path);

        Assert.Equal(2, exitCode);
        Assert.Contains("is one result", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_ACellThatThrows_FailsAndKeepsTheErrorInTheFile()
    {
        var result = SyntheticCampaign.RoadToOneMillion(_root.Path);
        var notebook = Path.Combine(_root.Path, "broken.ipynb");
        await File.WriteAllTextAsync(notebook, """{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "source": "throw new Exception(\"on purpose\");"}]}""");

        var (exitCode, _, error) = await Execute("notebook", "run", notebook, "--results", result.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains("cell 1: Exception: on purpose", error, StringComparison.Ordinal);
        Assert.Contains("\"output_type\": \"error\"", await File.ReadAllTextAsync(notebook), StringComparison.Ordinal);
    }

    [Fact]
    public void Choice_OfSeveralResults_IsTheOneThatSaysMostOfTheExperiment()
    {
        var older = SyntheticCampaign.RoadToOneMillion(_root.Path);
        ResultFolder[] fromBest =
        [
            Again(older, 1, plan => plan with { Profile = "publish", Overrides = ["profile=publish"] }),
            Again(older, 2, plan => plan with { Profile = "standard", Overrides = [] }),
            older,
            Again(older, 3, plan => plan with { Profile = "quick", Overrides = ["profile=quick"] }),
            Again(older, 4, plan => plan with { Profile = "publish", Overrides = ["profile=publish", "load.duration=1s"] }),
            Again(older, 5, plan => plan with { Finished = null }),
        ];
        Again(older, 6, plan => plan, withRuns: false);

        var gone = new HashSet<string>();
        foreach (var best in fromBest)
        {
            Assert.Equal(best.Path, ResultChoice.Of(_root.Path, "E03", path => !gone.Contains(path))!.Path);
            gone.Add(best.Path);
        }

        Assert.Null(ResultChoice.Of(_root.Path, "E03", path => !gone.Contains(path)));
        Assert.Null(ResultChoice.Of(_root.Path, "E04"));
    }

    private ResultFolder Again(ResultFolder of, int secondsLater, Func<ResultPlan, ResultPlan> change, bool withRuns = true)
    {
        var folder = ResultFolder.Create(_root.Path, change(of.Plan with { Started = of.Plan.Started.AddSeconds(secondsLater) }), of.Machine);
        if (withRuns) folder.Append(of.Runs[0], latency: null, timeline: []);
        return folder;
    }

    private static async Task<(int ExitCode, string Output, string Error)> Execute(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
