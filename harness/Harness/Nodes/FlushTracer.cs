using System.Globalization;

namespace Harness.Nodes;

/// <summary>Makes a flush of a running process fail as a broken disk would, by strace(1).</summary>
internal static class FlushTracer
{
    private const string Injected = "(INJECTED)";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // Of each thread the first flush, as strace(1) counts by threads.
    private static readonly string[] Failing =
        ["-qq", "-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:error=EIO:when=1", "-o", "/dev/stdout"];

    /// <summary>Whether this machine allows it.</summary>
    /// <param name="folder">Where a log may lie.</param>
    /// <exception cref="NodeFailedException">It does not; the message says what it takes.</exception>
    public static async Task Check(string folder)
    {
        if (!await FailsOne(folder, "sync", folder)) throw new NodeFailedException("flushes that fail need strace and the right to trace: install it and run as root");
    }

    /// <summary>Lets the next flush of a process fail with EIO, and with it those that other threads of it begin before that has happened.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="folder">Where a log may lie.</param>
    /// <exception cref="NodeFailedException">It flushed nothing for a while, or cannot be traced.</exception>
    public static async Task FailNext(int pid, string folder)
    {
        if (!await FailsOne(folder, "-f", "-p", pid.ToString(CultureInfo.InvariantCulture)))
            throw new NodeFailedException($"process {pid} flushed nothing in {Patience.TotalSeconds:0} s, or cannot be traced");
    }

    private static async Task<bool> FailsOne(string folder, params string[] whom)
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var tracer = NodeProcess.Start(new NodeCommand("the tracer", "strace", [.. Failing, .. whom], Path.Combine(folder, "strace.log")), line =>
        {
            if (line.Contains(Injected, StringComparison.Ordinal)) failed.TrySetResult();
            return true;
        });
        await Task.WhenAny(failed.Task, tracer.Exited, Task.Delay(Patience));
        await tracer.Stop(Patience); // it lets go of whom it traced
        return failed.Task.IsCompleted;
    }
}
