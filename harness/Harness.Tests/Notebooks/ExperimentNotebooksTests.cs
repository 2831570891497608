using System.Text.Json.Nodes;
using Experiments;
using Harness.Cli;
using Harness.Notebooks;
using Harness.Plans;
using Harness.Tests.Results;

namespace Harness.Tests.Notebooks;

/// <summary>The notebooks of the checkout, each on results of its experiment's plan.</summary>
[Collection(nameof(Alone))]
public sealed class ExperimentNotebooksTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    public static TheoryData<string> Experiments => [.. ExperimentCatalog.All.Where(experiment => experiment is not Quick).Select(experiment => experiment.Id)];

    [Fact]
    public void Experiments_ButTheTour_HaveANotebookOfTheirName() =>
        Assert.All(ExperimentCatalog.All.Where(experiment => experiment is not Quick), experiment => Assert.NotNull(ExperimentFiles.NotebookOf(experiment)));

    [Theory]
    [MemberData(nameof(Experiments))]
    public async Task Notebook_OnAWholeResult_FindsAllItNames(string id)
    {
        var results = MadeUpResult.Whole(_root.Path, await Prepare(id));

        var outputs = await Run(id, results.Path);

        // What is asked for by a title, an axis or a value that the plan does not have.
        foreach (var missing in new[] { "Not drawn", "not known: this result", "is more than one cell", "This result has no cell", "Nothing to compare" })
            Assert.DoesNotContain(missing, outputs, StringComparison.Ordinal);
        Assert.Contains("data:image/svg+xml", outputs, StringComparison.Ordinal);
        Assert.Contains("| verdict | expected | figure |", outputs, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Experiments))]
    public async Task Notebook_OnAResultWithHoles_SaysWhatIsMissingAndRunsThrough(string id)
    {
        var results = MadeUpResult.WithHoles(_root.Path, await Prepare(id));

        var outputs = await Run(id, results.Path);

        Assert.Contains("`load.duration=1s`", outputs, StringComparison.Ordinal);
        Assert.Contains("cut off", outputs, StringComparison.Ordinal);
        Assert.Contains("not measured", outputs, StringComparison.Ordinal);
    }

    private static Task<Campaign> Prepare(string id) => Campaign.Prepare(ExperimentCatalog.Find(id), [], seed: 1, Checkout.Systems, CancellationToken.None);

    private async Task<string> Run(string id, string results)
    {
        var notebook = ExperimentFiles.NotebookOf(ExperimentCatalog.Find(id))!;
        var result = await NotebookRunner.RunAsync(notebook, results, Path.Combine(_root.Path, "out.ipynb"));
        Assert.True(result.Error is null, result.Error);
        var cells = JsonNode.Parse(await File.ReadAllTextAsync(result.OutputPath))!["cells"]!.AsArray();
        return string.Concat(cells.Where(cell => cell!["outputs"] is not null).SelectMany(cell => cell!["outputs"]!.AsArray())
            .SelectMany(output => (output!["data"]?.AsObject().Select(data => data.Value) ?? [output["text"]]).Select(text => string.Concat(text!.AsArray()))));
    }
}
