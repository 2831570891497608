using System.Text.Json;
using Harness.Load;

namespace Harness.Files;

/// <summary>A file worker's life: a <see cref="FileSpec"/> comes in as one line, progress and the report go out as lines.</summary>
/// <remarks>A process of its own, so that what it costs is seen apart. The end of its input ends it early.</remarks>
public static class FileWorker
{
    /// <returns>The process's exit code, as <see cref="LoadWorker"/> has them.</returns>
    public static int Run(TextReader input, TextWriter output, CancellationToken cancellation)
    {
        FileSpec spec;
        try
        {
            spec = LoadJson.ReadFileSpec(input.ReadLine() ?? "");
        }
        catch (JsonException problem)
        {
            return Refuse(output, "the job cannot be read: " + problem.Message);
        }

        if (spec.Work.Problems().ToList() is { Count: > 0 } problems) return Refuse(output, [.. problems]);

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        new Thread(() => Listen(input, stop)) { IsBackground = true, Name = "stop listener" }.Start();
        try
        {
            var report = new FileWorkload(spec, line => Print(output, line), stop.Token).Execute();
            Print(output, new FileReportLine(report));
            return report.Problems.Count > 0 ? LoadWorker.Failed : LoadWorker.Succeeded;
        }
        catch (IOException failure)
        {
            return Refuse(output, failure.Message);
        }
    }

    private static void Listen(TextReader input, CancellationTokenSource stop)
    {
        try
        {
            while (input.ReadLine() is { } line)
                if (line.Trim() == "stop") break;
            stop.Cancel();
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException)
        {
            // Whoever gave the orders is gone, or the work is done.
        }
    }

    private static int Refuse(TextWriter output, params IReadOnlyList<string> problems)
    {
        Print(output, new RefusalLine(problems));
        return LoadWorker.Refused;
    }

    private static void Print(TextWriter output, LoadLine line)
    {
        output.WriteLine(LoadJson.Write(line));
        output.Flush();
    }
}
