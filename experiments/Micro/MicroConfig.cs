using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Environments;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Exporters.Json;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace Micro;

/// <summary>What all benchmarks share: one job, allocations beside times, reports as JSON and Markdown.</summary>
internal static class MicroConfig
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static IConfig Of(MicroOptions options)
    {
        var config = ManualConfig.CreateEmpty()
            .AddJob(JobOf(options.Thoroughness))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddColumn(new ThroughputColumn())
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(JsonExporter.Full, MarkdownExporter.GitHub)
            .AddFilter(new GlobFilter([options.Filter]))
            .WithArtifactsPath(options.Artifacts)
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60));
        // A dry run proves the way through, not a figure: then the build's own kind does not matter.
        return options.Thoroughness == Thoroughness.Dry ? config.WithOptions(ConfigOptions.DisableOptimizationsValidator) : config;
    }

    private static Job JobOf(Thoroughness thoroughness)
    {
        var job = (thoroughness switch
        {
            Thoroughness.Full => new Job("full").WithIterationTime(TimeInterval.FromMilliseconds(250)).WithMinIterationCount(10).WithMaxIterationCount(20),
            Thoroughness.Quick => new Job("quick").WithIterationTime(TimeInterval.FromMilliseconds(50)).WithWarmupCount(2).WithIterationCount(3),
            _ => new Job("dry", Job.Dry),
        }).WithRuntime(new Net10Runtime());
        return job.WithToolchain(new InProcessEmitToolchain(Patience, logOutput: true));
    }

    /// <summary>The runtime by its own name, which this version of the tool does not know yet.</summary>
    private sealed class Net10Runtime() : Runtime(RuntimeMoniker.Net90, "net10.0", ".NET 10.0");
}
