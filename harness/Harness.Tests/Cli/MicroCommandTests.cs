using System.Diagnostics;
using System.Text.Json;
using Harness.Cli;
using Harness.Nodes;

namespace Harness.Tests.Cli;

/// <summary>The way of a benchmark from the command line to the files it leaves. Dry: called once, nothing is measured.</summary>
public sealed class MicroCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Micro_OneBenchmark_LeavesItsReportsBesideTheMachine()
    {
        var (exitCode, output, error) = await Run("micro", "--dry", "--filter", "*IndexLookup*", "--out", _folder);

        Assert.Equal((0, ""), (exitCode, error));
        var result = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "micro")));
        Assert.Contains(result, output);
        Assert.Equal(["Micro.IndexLookupBenchmark-report-full.json", "Micro.IndexLookupBenchmark-report-github.md", "log.txt", "machine.json"],
            Directory.EnumerateFileSystemEntries(result).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var report = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(result, "Micro.IndexLookupBenchmark-report-full.json")));
        Assert.All(report.RootElement.GetProperty("Benchmarks").EnumerateArray(), benchmark => Assert.NotEqual(0, benchmark.GetProperty("Statistics").GetProperty("N").GetInt32()));
        using var machine = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(result, "machine.json")));
        Assert.Equal(Environment.ProcessorCount, machine.RootElement.GetProperty("cores").GetInt32());
    }

    [Fact]
    public async Task Micro_NothingMatches_IsRefusedWithWhatThereIs()
    {
        var (exitCode, _, error) = await Run("micro", "--dry", "--filter", "*NoSuchThing*", "--out", _folder);

        Assert.Equal(2, exitCode);
        Assert.All(["NoSuchThing", "AppendBenchmark", "ReadBenchmark"], word => Assert.Contains(word, error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "micro")));
    }

    [Fact]
    public async Task Micro_BenchmarkThatThrows_FailsTheProcess()
    {
        // Its scratch folder cannot be made, so its setup throws; the tool itself goes on and would end with success.
        var start = new ProcessStartInfo(DotNetHost.Path, [Checkout.MicroAssembly, "--dry", "--filter", "*AppendBenchmark*", "--artifacts", _folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["TMPDIR"] = Path.Combine(_folder, "missing", "for", "sure") },
        };
        File.WriteAllText(Path.Combine(_folder, "missing"), "a file, so that no folder can be made there");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.Equal(1, process.ExitCode);
        Assert.Contains("AppendBenchmark failed", await error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> Run(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await CommandLine.Run(args, new Surroundings(output, error, TextReader.Null));
        return (exitCode, output.ToString(), error.ToString());
    }
}
