using System.Net;
using System.Net.Sockets;
using Experiments;
using Harness.Cli;
using Harness.Plans;

namespace Harness.Tests.Cli;

/// <summary>What a user who mistyped something sees: one clear line and exit code 2. Nothing here starts a node.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task List_NoArguments_NamesEveryExperiment()
    {
        var (exitCode, output, error) = await Run("list");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(ExperimentCatalog.All.Select(experiment => experiment.Id), output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]));
    }

    [Fact]
    public async Task ListWorkloads_NamesEveryWorkloadWithItsSettings()
    {
        var (exitCode, output, error) = await Run("list", "workloads");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.All(Workload.All, workload => Assert.Contains($"{workload.Name,-22}{workload.Summary}", output, StringComparison.Ordinal));
        Assert.Contains("load.arrivals=bursts(on=200ms, off=600ms)", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_UnknownExperiment_ListsTheKnown()
    {
        var (exitCode, output, error) = await Run("run", "E99");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("there is no experiment 'E99': choose quick, E01, E02, E03", error);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("run")]
    [InlineData("run", "E01", "--repeat", "zero")]
    [InlineData("run", "E01", "--repeat", "0")]
    [InlineData("run", "E01", "--no-such-option")]
    [InlineData("run", "E01", "--precision", "5%")]
    [InlineData("compare", "here")]
    [InlineData("compare", "/nowhere", "/neither")]
    [InlineData("compare", "/a", "/b", "--threshold", "5")]
    [InlineData("compare", "/a", "/b", "--allow", "anything")]
    [InlineData("replay", "/nowhere")]
    [InlineData("resume", "/nowhere")]
    [InlineData("report", "/nowhere")]
    [InlineData("report", "/nowhere", "--renderer", "crayon")]
    [InlineData("publish", "--results", "/nowhere")]
    [InlineData("notebook", "run", "nothing")]
    [InlineData("resume", "/nowhere", "--allow", "plan")]
    [InlineData("saturate", "E03")]
    [InlineData("saturate", "E03", "--target", "p99 >= 10ms")]
    [InlineData("saturate", "E03", "--target", "p99 <= 10ms", "--from", "many")]
    [InlineData("saturate", "E03", "--target", "p99 <= 10ms", "--repeat", "2")]
    [InlineData("saturate", "E01", "--target", "p99 <= 10ms")] // nothing is produced at a rate
    [InlineData("run", "E03", "--sweep", "100k,fast")]
    [InlineData("run", "E01", "--sweep", "100k")]
    [InlineData("calibrate", "--time", "1")]
    [InlineData("calibrate", "--data", "/proc/nothing")]
    [InlineData("up", "--nodes", "-1")]
    [InlineData("up", "--nodes", "33")]
    [InlineData("up", "--port", "65535")]
    [InlineData("up", "--set", "flush")]
    public async Task Any_WrongCall_IsRefusedWithAReason(params string[] args)
    {
        var (exitCode, _, error) = await Run(args);

        Assert.Equal(2, exitCode);
        Assert.NotEmpty(error);
        Assert.DoesNotContain("   at ", error); // no stack trace
    }

    [Fact]
    public async Task Check_UnknownSetting_ListsEverySetting()
    {
        var (exitCode, _, error) = await Run("check", "E03", "--set", "load.rate=5");

        Assert.Equal(2, exitCode);
        Assert.Contains("there is no setting 'load.rate'", error);
        Assert.All(PlanSettings.All, setting => Assert.Contains(setting.Name, error));
    }

    [Fact]
    public async Task Check_UnknownStrategy_ListsTheStrategies()
    {
        var (exitCode, _, error) = await Run("check", "E02", "--set", "flush=sometimes");

        Assert.Equal(2, exitCode);
        Assert.All(["sometimes", "os-cache", "every-batch", "group-commit"], word => Assert.Contains(word, error));
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Check_WrongRecordSize_IsFoundBeforeAnythingStarts()
    {
        var (exitCode, _, error) = await Run("check", "E03", "--set", "load.recordSize=gaussian(3B)", "--set", "load.duration=5s", "--set", "load.recordsPerSecond=10");

        Assert.Equal(2, exitCode);
        Assert.Contains("gaussian", error);
    }

    [Fact]
    public async Task Check_EveryExperiment_ResolvesAndStatesItsDisk()
    {
        // Shorter than by default, so that a small disk will do, and long enough for the last fault of any of them.
        var (exitCode, output, error) = await Run("check", "--set", "schedule.measure=8s", "--data", _folder);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("flush group-commit(maxDelay=2ms", output);
        Assert.Contains("a closed loop at up to", output);
        Assert.Contains("E01: ", output);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Run_MoreThanTheDiskHolds_IsRefusedWithTheNumbers()
    {
        var (exitCode, _, error) = await Run("run", "E03", "--set", "load.recordsPerSecond=2000000", "--set", "load.duration=10h",
            "--out", Path.Combine(_folder, "results"), "--data", Path.Combine(_folder, "data"));

        Assert.Equal(2, exitCode);
        Assert.All(["2,000,000 records/s x 112 B x 3 copies", "GB are free", "--data"], part => Assert.Contains(part, error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task Run_DataFolderThatIsAFile_SaysSo()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");

        var (exitCode, _, error) = await Run("run", "E03", "--set", "load.recordsPerSecond=10", "--set", "load.duration=1s", "--data", file, "--out", _folder);

        Assert.Equal(2, exitCode);
        Assert.Contains("cannot be written", error);
    }

    [Fact]
    public async Task Up_PortInUse_NamesIt()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var (exitCode, output, error) = await Run("up", "--nodes", "1", "--port", $"{port}");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains($"port {port} cannot be listened on", error);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Up_ForeignFolder_IsLeftAlone()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "thesis.txt"), "mine");

        var (exitCode, _, error) = await Run("up", "--port", "0", "--data", _folder);

        Assert.Equal(2, exitCode);
        Assert.Contains("no cluster's folder", error);
        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Up_FolderOfAnotherNumberOfNodes_SaysHowMany()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "testbed-cluster"), "3\n");

        var (exitCode, _, error) = await Run("up", "--nodes", "1", "--port", "0", "--data", _folder);

        Assert.Equal(2, exitCode);
        Assert.Contains("--nodes 3", error);
    }

    [Fact]
    public async Task Notebook_FileThatIsNotThere_SaysSo()
    {
        var (exitCode, _, error) = await Run("notebook", Path.Combine(_folder, "none.ipynb"));

        Assert.Equal(2, exitCode);
        Assert.Contains("none.ipynb", error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
