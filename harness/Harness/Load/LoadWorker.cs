using System.Text.Json;
using Harness.Load.Running;

namespace Harness.Load;

/// <summary>A load worker's life: a spec comes in as one line, progress and the report go out as lines.</summary>
/// <remarks>A process of its own, so that what it costs is seen apart and its pauses are nobody else's.</remarks>
public static class LoadWorker
{
    /// <summary>The run went through and may be used.</summary>
    public const int Succeeded = 0;

    /// <summary>The run's report says why it may not be used.</summary>
    public const int Failed = 1;

    /// <summary>Nothing was run; the refusal says why.</summary>
    public const int Refused = 2;

    /// <summary>Reads one <see cref="LoadSpec"/>, runs it and prints <see cref="LoadLine"/>s; <c>stop</c> or the end of input ends the run early.</summary>
    /// <returns>The process's exit code: <see cref="Succeeded"/>, <see cref="Failed"/> or <see cref="Refused"/>.</returns>
    public static int Run(TextReader input, TextWriter output, CancellationToken cancellation)
    {
        LoadSpec spec;
        try
        {
            spec = LoadJson.ReadSpec(input.ReadLine() ?? "");
        }
        catch (JsonException problem)
        {
            return Refuse(output, "the spec cannot be read: " + problem.Message);
        }

        if (SpecCheck.Problems(spec) is { Count: > 0 } problems) return Refuse(output, [.. problems]);

        var control = new RunControl();
        using var stop = cancellation.Register(() => control.Fail("stopped before its end"));
        Listen(input, control);
        return Run(spec, line => Print(output, line), control);
    }

    internal static int Run(LoadSpec spec, Action<LoadLine> print, RunControl control)
    {
        try
        {
            var report = new LoadRun(spec, print, control).Execute();
            print(new ReportLine(report));
            return report.Failed ? Failed : Succeeded;
        }
        catch (LoadException problem)
        {
            print(new RefusalLine([problem.Message]));
            return Refused;
        }
    }

    private static void Listen(TextReader input, RunControl control)
    {
        var listener = new Thread(() =>
        {
            try
            {
                while (input.ReadLine() is { } line)
                    if (line.Trim() == "stop") break;
            }
            catch (IOException)
            {
                // Whoever gave the orders is gone, as at the end of the input.
            }

            control.Fail("stopped before its end");
        })
        { IsBackground = true, Name = "stop listener" };
        listener.Start();
    }

    private static int Refuse(TextWriter output, params IReadOnlyList<string> problems)
    {
        Print(output, new RefusalLine(problems));
        return Refused;
    }

    private static void Print(TextWriter output, LoadLine line)
    {
        output.WriteLine(LoadJson.Write(line));
        output.Flush();
    }
}
