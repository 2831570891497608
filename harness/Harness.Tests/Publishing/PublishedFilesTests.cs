using System.Text.Json.Nodes;
using Experiments;
using Harness.Cli;
using Harness.Notebooks;
using Harness.Publishing;
using Harness.Tests.Results;

namespace Harness.Tests.Publishing;

/// <summary>What this checkout says of results, against the results themselves.</summary>
[Collection(nameof(Alone))]
public sealed class PublishedFilesTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Readmes_OfTheCheckout_SayWhatTheResultsSay() =>
        Assert.All(Publication.Readmes(Checkout.Root!, Publication.Of(Checkout.Results, Publication.InGit(Checkout.Root!))),
            readme => Assert.True(File.ReadAllText(readme.Path) == readme.Text, $"{readme.Path} says something else than results/: testbed publish --readme writes it"));

    [Fact]
    public async Task Notebooks_WithOutputs_ShowWhatTheResultsSay()
    {
        foreach (var published in Publication.Of(Checkout.Results, Publication.InGit(Checkout.Root!)))
        {
            if (published.Notebook is not { } notebook || !HasOutputs(notebook)) continue;

            Assert.True(published.Campaign is not null, $"{notebook} has outputs, and results/ has nothing they could be of");
            var again = Path.Combine(_root.Path, Path.GetFileName(notebook));
            await NotebookRunner.RunAsync(notebook, published.Campaign.Folder.Path, again);
            Assert.True(File.ReadAllText(again) == File.ReadAllText(notebook), $"{notebook} shows something else than results/: testbed notebook run {published.Experiment.Id} writes it");
        }
    }

    [Fact]
    public void Readmes_ByOtherResults_SayOtherThings()
    {
        var result = SyntheticCampaign.RoadToOneMillion(_root.Path);

        var (path, text) = Publication.Readmes(Checkout.Root!, Publication.Of(_root.Path))[0];
        var (_, experiments) = Publication.Readmes(Checkout.Root!, Publication.Of(_root.Path))[1];

        Assert.EndsWith("README.md", path, StringComparison.Ordinal);
        Assert.Contains("has no chart “Produce latency at acks=all”", text, StringComparison.Ordinal);
        Assert.Contains("| 1 | Random disk access is 1000 times slower than sequential | not measured yet | - | [E04](experiments/E04_RandomAccess.cs) |", text, StringComparison.Ordinal);
        Assert.Contains($"[1 of 2 expectations met](../results/E03/{Path.GetFileName(result.Path)}/report.html)", experiments, StringComparison.Ordinal);
        Assert.All(ExperimentCatalog.All, experiment => Assert.Contains($"| {experiment.Id} | {experiment.Question} |", experiments, StringComparison.Ordinal));
    }

    [Fact]
    public void Results_ThatGitDoesNotHold_AreNotQuoted()
    {
        var held = Publication.InGit(Checkout.Root!);

        Assert.False(held(Path.Combine(Checkout.Results, "E03", "20010101T000000Z-0123456789")));
        Assert.True(Publication.InGit(_root.Path)(_root.Path)); // no repository: all there is
    }

    [Theory]
    [InlineData("no marks at all")]
    [InlineData("<!-- claims: written by testbed publish --readme -->\nno end")]
    [InlineData("<!-- end of claims -->\n<!-- claims: written by testbed publish --readme -->")]
    public void MarkedBlock_WithoutItsMarks_SaysWhatTheyLookLike(string text)
    {
        var error = Assert.Throws<FormatException>(() => MarkedBlock.Replace(text, "claims", "x"));

        Assert.Contains("<!-- end of claims -->", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MarkedBlock_Replaced_LeavesTheRestAndCanBeReplacedAgain()
    {
        const string Text = "before\n<!-- a: written by testbed publish --readme -->\nold\n<!-- end of a -->\nafter\n";

        var once = MarkedBlock.Replace(Text, "a", "new");

        Assert.Equal("before\n<!-- a: written by testbed publish --readme -->\nnew\n<!-- end of a -->\nafter\n", once);
        Assert.Equal(once, MarkedBlock.Replace(once, "a", "new"));
    }

    private static bool HasOutputs(string notebook) =>
        JsonNode.Parse(File.ReadAllText(notebook))!["cells"]!.AsArray().Any(cell => cell!["outputs"] is JsonArray { Count: > 0 });
}
