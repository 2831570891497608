using Harness.Faults;
using Harness.Nodes;
using Harness.Tests.Faults;

namespace Harness.Tests.Nodes;

public sealed class FlushTracerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-tracer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [FaultsFact(FaultNeeds.Tracer)]
    public async Task FailNext_OfAProcessThatFlushes_FailsThatFlushAndLeavesTheProcessAlone()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "bytes");
        // sync(1) of a file is one fsync: the loop ends with the one that fails.
        var ended = new TaskCompletionSource<string>();
        await using var process = NodeProcess.Start(new NodeCommand("flushing", "sh", ["-c", $"while sync {file}; do sleep 0.02; done; echo failed; exec cat"], Path.Combine(_folder, "log")), line =>
        {
            ended.TrySetResult(line);
            return true;
        });

        await FlushTracer.FailNext(process.Pid, _folder);

        Assert.Equal("failed", await ended.Task.WaitAsync(Patience));
        Assert.False(process.HasExited);
        Assert.NotNull(await Output.Of("sync", file));
    }

    [FaultsFact(FaultNeeds.Tracer)]
    public async Task FailNext_OfNoProcess_SaysSo()
    {
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => FlushTracer.FailNext(int.MaxValue, _folder));

        Assert.Contains("cannot be traced", error.Message, StringComparison.Ordinal);
    }
}
