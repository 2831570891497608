using System.Text.RegularExpressions;
using Experiments;
using Harness.Cli;
using Harness.Notebooks;
using Harness.Plans;
using Harness.Publishing;
using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Notebooks;
using Harness.Tests.Results;

namespace Harness.Tests.Publishing;

[Collection(nameof(Alone))]
public sealed partial class SiteBuilderTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    private string Results => Path.Combine(_root.Path, "results");

    private string Site => Path.Combine(_root.Path, "site");

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Site_OfOneMeasuredExperiment_SaysOfEveryClaimHowItStands()
    {
        await Measure("E05");

        var index = await Write();

        Assert.All(ClaimCatalog.All, claim => Assert.Contains(System.Net.WebUtility.HtmlEncode(claim.Text), index, StringComparison.Ordinal));
        Assert.Contains("Of 28 claims: ", index, StringComparison.Ordinal);
        Assert.Contains(" not measured yet", index, StringComparison.Ordinal);
        Assert.Matches("<p class=\"reason\">(fell short|met): the device reaches half of what copying does: [0-9.]+ \\(", index);
        Assert.Matches("<li class=\"(short|met)\">\\s*<div>\\s*<span class=\"badge\">(refuted|stands)</span>\\s*<span class=\"kicker\">claim 2</span>", index);
    }

    [Fact]
    public async Task Site_PageOfAMeasuredExperiment_HasWordsChartsVerdictsMachineAndTheWayBack()
    {
        await Measure("E21");

        await Write();

        var page = File.ReadAllText(Path.Combine(Site, "E21_RoundTrip.html"));
        Assert.Contains("Rate by distance", page, StringComparison.Ordinal); // the notebook's words
        Assert.Equal(3, Regex.Count(page, "<figure>"));
        Assert.Contains("<title>", page[page.IndexOf("<figure>", StringComparison.Ordinal)..], StringComparison.Ordinal); // marks say what they are
        Assert.Contains("Durability: acks=all.", page, StringComparison.Ordinal);
        Assert.Contains("lowest to highest", page, StringComparison.Ordinal);
        Assert.Contains("Imaginary CPU", page, StringComparison.Ordinal);
        Assert.Contains("class=\"mark\"", page, StringComparison.Ordinal);
        Assert.Contains("testbed run E21", page, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Site, Links(page).Single(link => link.EndsWith("runs.csv", StringComparison.Ordinal)))));
    }

    [Fact]
    public async Task Site_NeedsNothingFromAnywhereAndLeadsNowhereElse()
    {
        await Measure("E05");

        await Write();

        foreach (var path in Directory.GetFiles(Site, "*.html"))
        {
            var page = File.ReadAllText(path);
            Assert.Contains("default-src 'none'", page, StringComparison.Ordinal);
            Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
            Assert.All(Links(page), link => Assert.True(link.StartsWith('#') || File.Exists(Path.Combine(Site, link)), $"{path} leads to {link}"));
        }
    }

    [Fact]
    public async Task Site_PageOfAnExperimentThatWasNotMeasured_SaysSoAndTellsQuestionAndExpectation()
    {
        Directory.CreateDirectory(Results);

        await Write();

        var page = File.ReadAllText(Path.Combine(Site, "E12_PageCacheSize.html"));
        Assert.Contains("Not measured yet", page, StringComparison.Ordinal);
        Assert.Contains("How it was measured.", page, StringComparison.Ordinal);
        Assert.Contains("run E12", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<figure>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Site_ResultWithMarkupInIt_ShowsItAsText()
    {
        var folder = await Measure("E05");
        folder.WritePlan(folder.Plan with { Caveats = ["<img src=x onerror=alert(1)> | *"], Checks = [folder.Plan.Checks[0] with { Name = "<b>bold</b>" }] });

        await Write();

        var page = File.ReadAllText(Path.Combine(Site, "E05_MemoryBandwidth.html"));
        Assert.DoesNotContain("<img src=x", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>bold", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Site_ANotebookThatFails_IsNamedWithItsCell()
    {
        await Measure("E05");
        var notebook = Path.Combine(_root.Path, "E05_MemoryBandwidth.ipynb");
        await File.WriteAllTextAsync(notebook, """{"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": "throw new Exception(\"on purpose\");"}]}""");
        var experiments = Publication.Of(Results).Select(published => published.Experiment.Id == "E05" ? published with { Notebook = notebook } : published).ToList();

        var error = await Assert.ThrowsAsync<NotebookException>(() => SiteBuilder.Write(Site, ClaimCatalog.All, experiments, _ => { }, CancellationToken.None));

        Assert.Contains("E05_MemoryBandwidth.ipynb: cell 1: Exception: on purpose", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("refuted", CheckVerdict.FellShort, CheckVerdict.Met)]
    [InlineData("refuted", CheckVerdict.FellShort, null)]
    [InlineData("stands", CheckVerdict.Met, CheckVerdict.Met)]
    [InlineData("not decided", CheckVerdict.Met, null)]
    [InlineData("not decided", CheckVerdict.Met, CheckVerdict.NotMeasured)]
    [InlineData("not measured yet", null, null)]
    public async Task Claim_AnsweredByTwoExperiments_StandsOnlyIfBothMetIt(string verdict, CheckVerdict? first, CheckVerdict? second)
    {
        var answers = new List<PublishedExperiment> { await Answer("one", first), await Answer("two", second) };

        Assert.Equal(verdict, ClaimStanding.Of(ClaimCatalog.Find(2), answers).Verdict);
        Assert.Equal("no experiment yet", ClaimStanding.Of(ClaimCatalog.Find(2), []).Verdict);
    }

    // E05 with one check that comes out as wanted.
    private async Task<PublishedExperiment> Answer(string folder, CheckVerdict? wanted)
    {
        var published = Publication.Of(Results).Single(published => published.Experiment.Id == "E05");
        if (wanted is null) return published with { Campaign = null };

        var result = MadeUpResult.Whole(Path.Combine(_root.Path, folder), await Prepare("E05"));
        var limit = wanted == CheckVerdict.Met ? 0 : 1e9;
        var check = result.Plan.Checks[0] with { RatioTo = null, Metric = "throughput", Of = new Dictionary<string, string>(), Bound = CheckBound.AtLeast, Limit = limit };
        result.WritePlan(result.Plan with { Checks = [check] });
        if (wanted == CheckVerdict.NotMeasured) result = ResultFolder.Create(Path.Combine(_root.Path, folder + "-empty"), result.Plan, result.Machine);
        return published with { Campaign = CampaignResults.Of(result) };
    }

    private async Task<ResultFolder> Measure(string id) => MadeUpResult.Whole(Results, await Prepare(id));

    private async Task<string> Write() =>
        File.ReadAllText(await SiteBuilder.Write(Site, ClaimCatalog.All, Publication.Of(Results), _ => { }, CancellationToken.None));

    private static Task<Campaign> Prepare(string id) => Campaign.Prepare(ExperimentCatalog.Find(id), [], seed: 1, Checkout.Systems, CancellationToken.None);

    private static IEnumerable<string> Links(string page) => Href().Matches(page).Select(match => match.Groups[1].Value);

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex Href();
}
