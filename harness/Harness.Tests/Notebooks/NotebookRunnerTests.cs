using System.Text;
using System.Text.Json.Nodes;
using Harness.Notebooks;
using Harness.Tests.Results;

namespace Harness.Tests.Notebooks;

/// <summary>Notebooks take over standard output while they run, so nothing else may.</summary>
[Collection(nameof(Alone))]
public sealed class NotebookRunnerTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public async Task Notebook_E03OnAResultFolder_RunsThroughAndShowsItsChartsAndVerdicts()
    {
        var results = SyntheticCampaign.RoadToOneMillion(_root.Path);
        var source = Path.Combine(RepositoryRoot(), "notebooks", "E03_RoadToOneMillion.ipynb");
        var before = File.ReadAllBytes(source);

        var result = await NotebookRunner.RunAsync(source, results.Path, Path.Combine(_root.Path, "out.ipynb"));

        Assert.True(result.Error is null, result.Error);
        Assert.Equal(0, result.ExitCode);
        var outputs = Outputs(result.OutputPath);
        var images = outputs.Select(output => Data(output, "text/html")).Where(html => html.StartsWith("<img ", StringComparison.Ordinal)).ToList();
        Assert.Equal(4, images.Count); // throughput-latency, percentiles of two flush policies, CPU
        Assert.All(images, image => Assert.Contains("<svg ", Svg(image), StringComparison.Ordinal));
        var markdown = string.Concat(outputs.Select(output => Data(output, "text/markdown")));
        Assert.Contains("| met | holds 1,000,000 records/s with os-cache |", markdown, StringComparison.Ordinal);
        Assert.Contains("| fell short | p99 at 1,000,000 records/s", markdown, StringComparison.Ordinal);
        Assert.Contains(outputs, output => (string?)output["output_type"] == "stream" && Text(output["text"]).Contains("os-cache · 750k records/s: 750k records/s", StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllBytes(source));
    }

    [Fact]
    public async Task Notebook_E03OnRatesAloneWithAClosedLoop_RunsThrough()
    {
        var results = SyntheticCampaign.RateLadder(_root.Path);

        var result = await NotebookRunner.RunAsync(
            Path.Combine(RepositoryRoot(), "notebooks", "E03_RoadToOneMillion.ipynb"), results.Path, Path.Combine(_root.Path, "out.ipynb"));

        Assert.True(result.Error is null, result.Error);
        Assert.Contains(Outputs(result.OutputPath), output => Text(output["text"]).Contains("1.02M records/s: 1.02M records/s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Notebook_Cells_ShareStateAndKeepOutputsInOrder()
    {
        var path = Write(
            "record Point(int X); var points = new List<Point> { new(1) };\nConsole.Write(\"a\"); Console.WriteLine('b'); DisplayHtml(\"<b>c</b>\"); Console.WriteLine(4);",
            "points.Add(new Point(await Task.FromResult(41)));\nint Sum() => points.Sum(p => p.X);",
            "Sum()");

        var result = await NotebookRunner.RunAsync(path, _root.Path);

        Assert.True(result.Error is null, result.Error);
        Assert.Equal(3, result.CellsRun);
        var outputs = Outputs(path);
        Assert.Equal(["stream", "display_data", "stream", "execute_result"], outputs.Select(output => (string?)output["output_type"]));
        Assert.Equal("ab\n", Text(outputs[0]["text"]));
        Assert.Equal("42", Data(outputs[3], "text/plain"));
        Assert.Equal(3, (int?)outputs[3]["execution_count"]);
    }

    [Fact]
    public async Task Notebook_WithAThrowingCell_KeepsTheErrorStopsAndFails()
    {
        var path = Write("var x = 1;", "Console.WriteLine(\"before\"); throw new InvalidOperationException(\"on purpose\");", "Console.WriteLine(\"never\");");

        var result = await NotebookRunner.RunAsync(path, _root.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal(2, result.CellsRun);
        Assert.Equal("cell 2: InvalidOperationException: on purpose", result.Error);
        var outputs = Outputs(path);
        Assert.Equal(["stream", "error"], outputs.Select(output => (string?)output["output_type"]));
        Assert.Equal(("InvalidOperationException", "on purpose"), ((string?)outputs[1]["ename"], (string?)outputs[1]["evalue"]));
        Assert.NotEmpty(outputs[1]["traceback"]!.AsArray());
    }

    [Fact]
    public async Task Notebook_WithACellThatDoesNotCompile_FailsWithTheCompilersWords()
    {
        var path = Write("var x = nothing;");

        var result = await NotebookRunner.RunAsync(path, _root.Path);

        Assert.Equal(1, result.ExitCode);
        Assert.Equal("CompilationError", (string?)Outputs(path)[0]["ename"]);
        Assert.Contains("nothing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notebook_RunAgain_ReplacesOldOutputsAndKeepsTheRest()
    {
        var path = Write("Console.WriteLine(ResultsFolder.Length > 0);");
        var tagged = JsonNode.Parse(File.ReadAllText(path))!;
        tagged["metadata"]!["mine"] = "kept — µ";
        File.WriteAllText(path, tagged.ToJsonString());

        await NotebookRunner.RunAsync(path, _root.Path);
        var first = File.ReadAllText(path);
        await NotebookRunner.RunAsync(path, _root.Path);

        Assert.Equal(first, File.ReadAllText(path));
        Assert.Contains("kept — µ", first, StringComparison.Ordinal);
        Assert.Equal("True\n", Text(Assert.Single(Outputs(path))["text"]));
    }

    [Fact]
    public async Task Notebook_AfterARun_LeavesStandardOutputAsItWas()
    {
        var before = Console.Out;

        await NotebookRunner.RunAsync(Write("throw new Exception();"), _root.Path);

        Assert.Same(before, Console.Out);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"nbformat": 3, "cells": []}""")]
    [InlineData("""{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "python"}}}""")]
    public async Task Notebook_ThatIsNone_IsRefused(string text)
    {
        var path = Path.Combine(_root.Path, "bad.ipynb");
        File.WriteAllText(path, text);

        await Assert.ThrowsAsync<NotebookException>(() => NotebookRunner.RunAsync(path, _root.Path));
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Testbed.sln"))) folder = folder.Parent!;
        return folder.FullName;
    }

    private string Write(params string[] cells)
    {
        var path = Path.Combine(_root.Path, "test.ipynb");
        var json = new JsonObject
        {
            ["cells"] = new JsonArray([.. cells.Select(code => (JsonNode)new JsonObject
            {
                ["cell_type"] = "code", ["source"] = code, ["outputs"] = new JsonArray(), ["execution_count"] = null, ["metadata"] = new JsonObject(),
            })]),
            ["metadata"] = new JsonObject { ["kernelspec"] = new JsonObject { ["name"] = ".net-csharp", ["language"] = "C#" } },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 5,
        };
        File.WriteAllText(path, json.ToJsonString());
        return path;
    }

    private static List<JsonNode> Outputs(string path) =>
        [.. JsonNode.Parse(File.ReadAllText(path))!["cells"]!.AsArray().Where(cell => (string?)cell!["cell_type"] == "code").SelectMany(cell => cell!["outputs"]!.AsArray()).Select(output => output!)];

    private static string Text(JsonNode? lines) => lines is null ? "" : string.Concat(lines.AsArray().Select(line => (string?)line));

    private static string Data(JsonNode output, string mediaType) => Text(output["data"]?[mediaType]);

    private static string Svg(string image)
    {
        var start = image.IndexOf("base64,", StringComparison.Ordinal) + "base64,".Length;
        return Encoding.UTF8.GetString(Convert.FromBase64String(image[start..image.IndexOf('"', start)]));
    }
}
