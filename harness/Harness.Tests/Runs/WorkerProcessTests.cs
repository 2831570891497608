using Harness.Load;
using Harness.Runs;

namespace Harness.Tests.Runs;

/// <summary>A worker's lines are read to the end, whatever comes of them.</summary>
public sealed class WorkerProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-worker-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task LineThatCannotBeTaken_EndsTheWorkerAndFailsTheRun()
    {
        // More than a pipe holds: a worker whose lines nobody reads would never come to its end.
        var lines = Path.Combine(_folder, "lines");
        await File.WriteAllLinesAsync(lines, Enumerable.Repeat(LoadJson.Write(new PhaseLine("measure", PhaseEdge.Start, DateTimeOffset.UnixEpoch, 1)), 10_000));
        var told = 0;
        await using var worker = await WorkerProcess.Start(
            new WorkerProgram("/bin/sh", ["-c", $"read job; cat '{lines}'; sleep 1000"]), "{}", Path.Combine(_folder, "worker.log"), _ =>
            {
                told++;
                throw new IOException("the disk is gone");
            });

        var error = await Assert.ThrowsAsync<IOException>(() => worker.Report().WaitAsync(Patience));

        Assert.Equal("the disk is gone", error.Message);
        Assert.Equal(1, told);
    }
}
