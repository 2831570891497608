using System.Diagnostics;
using System.Reflection;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Running;

namespace Micro;

/// <summary>Runs the benchmarks that match, each class in a process of its own, and fails when one of them does or none matches.</summary>
/// <remarks>
/// A process a class keeps what the JIT learnt in one from speeding up or slowing down the next, and lets a class run under
/// variables that are read only when a process starts. BenchmarkDotNet's own processes would be built first, which takes an
/// SDK and half a minute.
/// </remarks>
public static class MicroProgram
{
    private const int Failed = 1;
    private const int Usage = 2;

    public static async Task<int> Run(string[] args)
    {
        if (MicroOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(MicroOptions.UsageText);
            return Usage;
        }

        if (options.Class is { } name) return RunHere(Classes.First(type => type.Name == name), options);

        var chosen = Classes.Where(type => Matching(type, options) > 0).ToList();
        if (chosen.Count == 0)
        {
            await Console.Error.WriteLineAsync($"no benchmark matches {options.Filter}: there are {string.Join(", ", Classes.Select(type => type.Name))}.");
            return Usage;
        }

        var failed = 0;
        foreach (var type in chosen)
            if (await RunApart(type, args) != 0) failed++;
        return failed == 0 ? 0 : Failed;
    }

    private static IReadOnlyList<Type> Classes { get; } =
    [
        .. typeof(MicroProgram).Assembly.GetTypes().OrderBy(type => type.Name, StringComparer.Ordinal)
            .Where(type => type is { IsPublic: true, IsAbstract: false } && type.GetMethods().Any(method => method.IsDefined(typeof(BenchmarkAttribute)))),
    ];

    private static int Matching(Type type, MicroOptions options) =>
        BenchmarkConverter.TypeToBenchmarks(type, ManualConfig.CreateEmpty().AddFilter(new GlobFilter([options.Filter]))).BenchmarksCases.Length;

    private static async Task<int> RunApart(Type type, string[] args)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Assembly.GetExecutingAssembly().Location, .. args, "--class", type.Name]);
        foreach (var variable in type.GetCustomAttributes<RunsUnderAttribute>()) start.Environment[variable.Name] = variable.Value;
        using var process = Process.Start(start)!;
        // Told to stop, this process ends with the one it waits for.
        void End(object? sender, EventArgs arguments) => process.Kill();
        AppDomain.CurrentDomain.ProcessExit += End;
        await process.WaitForExitAsync();
        AppDomain.CurrentDomain.ProcessExit -= End;
        return process.ExitCode;
    }

    private static int RunHere(Type type, MicroOptions options)
    {
        var summary = BenchmarkRunner.Run(type, MicroConfig.Of(options));
        // A benchmark that throws, and one that may not run at all, leave no trace but this.
        var isSound = !summary.HasCriticalValidationErrors && summary.Reports.Length > 0 && summary.Reports.All(report => report.Success);
        if (!isSound) Console.Error.WriteLine($"{type.Name} failed: its log in {options.Artifacts} says why.");
        return isSound ? 0 : Failed;
    }
}

/// <summary>A variable that the process of a benchmark class is started with.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class RunsUnderAttribute(string name, string value) : Attribute
{
    public string Name => name;

    public string Value => value;
}
