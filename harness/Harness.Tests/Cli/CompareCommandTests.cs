using Harness.Cli;
using Harness.Results;
using Harness.Tests.Results;

namespace Harness.Tests.Cli;

public sealed class CompareCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Compare_ResultWithItself_PassesWithEveryFigureAndWritesJson()
    {
        var result = SyntheticCampaign.ZeroCopyReads(_folder.Path).Path;
        var file = Path.Combine(_folder.Path, "comparison.json");

        var (exitCode, output, error) = await Run("compare", result, result, "--metric", "throughput", "--threshold", "10%", "--json", file);

        // One of its six cells has no sound run on either side: it is no change.
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(5, output.Split("no difference of 10 % or more").Length - 1);
        Assert.Contains("nothing got worse", output);
        Assert.Contains("\"worse\": \"passed\"", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task Compare_ResultThatGotWorse_SaysWhereAndExitsWithOne()
    {
        var result = SyntheticCampaign.RateLadder(_folder.Path);
        var slower = Copy(result, run => run with { GoodputBytes = run.GoodputBytes / 2 });

        var (exitCode, output, _) = await Run("compare", result.Path, slower.Path, "--metric", "throughput");
        var (back, _, _) = await Run("compare", slower.Path, result.Path, "--metric", "throughput");

        Assert.Equal((1, 0), (exitCode, back));
        Assert.Contains("worse: throughput of 100k records/s", output);
        Assert.Contains("0.50x [0.50, 0.50]", output);
    }

    [Theory]
    [InlineData("durability")]
    [InlineData("machine")]
    public async Task Compare_AcrossWhatMisleads_IsRefusedUnlessAllowed(string kind)
    {
        var result = SyntheticCampaign.RateLadder(_folder.Path);
        var other = kind == "durability" ? Copy(result, run => run with { Durability = "acks=1" }) : Copy(result, run => run, result.Machine with { Kernel = "7.0" });

        var (refused, output, error) = await Run("compare", result.Path, other.Path);
        var (allowed, table, _) = await Run("compare", result.Path, other.Path, "--allow", kind, "--metric", "throughput");

        Assert.Equal((2, ""), (refused, output));
        Assert.Contains($"--allow {kind} compares nevertheless", error);
        Assert.NotEqual(2, allowed);
        Assert.Contains(kind + ": ", table);
    }

    [Fact]
    public async Task Compare_ResultsWithoutACommonCell_IsRefused()
    {
        var (exitCode, _, error) = await Run("compare", SyntheticCampaign.RateLadder(_folder.Path).Path, SyntheticCampaign.ZeroCopyReads(_folder.Path).Path);

        Assert.Equal(2, exitCode);
        Assert.Contains("no cell of one has the settings of a cell of the other", error);
    }

    [Fact]
    public async Task Replay_ResultThatDoesNotKeepItsOverrides_NamesTheCommand()
    {
        var (exitCode, _, error) = await Run("replay", SyntheticCampaign.RateLadder(_folder.Path).Path);

        Assert.Equal(2, exitCode);
        Assert.Contains("harness/Harness.Cli -- run E03", error);
    }

    [Fact]
    public async Task Replay_ExperimentThatHasChanged_IsRefusedWithWhatAndTheCommit()
    {
        var result = SyntheticCampaign.RateLadder(_folder.Path);
        result.WritePlan(result.Plan with { Overrides = ["schedule.repeats=2"] });

        var (exitCode, _, error) = await Run("replay", result.Path, "--out", _folder.Path);

        Assert.Equal(2, exitCode);
        Assert.Contains($"check out commit {SyntheticCampaign.Machine.GitSha}", error);
        Assert.Contains("cells: was c", error);
    }

    /// <summary>The same campaign an hour later, with something changed in every run.</summary>
    private ResultFolder Copy(ResultFolder from, Func<RunRow, RunRow> change, MachineFacts? machine = null)
    {
        var copy = ResultFolder.Create(_folder.Path, from.Plan with { Started = from.Plan.Started.AddHours(1) }, machine ?? from.Machine);
        foreach (var run in from.Runs) copy.Append(change(run), null, []);
        return copy;
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
