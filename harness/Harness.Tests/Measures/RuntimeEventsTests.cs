using System.Diagnostics;
using Harness.Measures;

namespace Harness.Tests.Measures;

public sealed class RuntimeEventsTests
{
    [Fact]
    public async Task Attach_ThisProcess_TellsOfItsCollectionsAndTheirPauses()
    {
        const int Collections = 5;
        var before = Stopwatch.GetTimestamp();
        var runtime = RuntimeEvents.Attach(Environment.ProcessId);

        // Events come late, and none before the session has begun: goes on until they are here.
        while (runtime.Problem is null && runtime.Between(before, Stopwatch.GetTimestamp()) is { Gen2: < Collections })
        {
            GC.Collect();
            await Task.Delay(20);
        }

        var forced = Stopwatch.GetTimestamp();
        await runtime.Stop();

        Assert.Null(runtime.Problem);
        var use = runtime.Between(before, forced)!.Value;
        Assert.True(use.Gen2 >= Collections, $"{use.Gen2} collections");
        Assert.True(use.GcPause >= use.GcPauseMax && use.GcPauseMax > TimeSpan.Zero, $"{use}");
        Assert.Equal(default(RuntimeUse), runtime.Between(before - Stopwatch.Frequency, before - Stopwatch.Frequency / 2)!.Value);
    }

    [Fact]
    public async Task Attach_ThisProcess_TellsWhatItAllocatesAndHowOftenItWaitsForLocks()
    {
        var before = Stopwatch.GetTimestamp();
        var runtime = RuntimeEvents.Attach(Environment.ProcessId);

        // The runtime speaks every few seconds: goes on until it has.
        while (runtime.Problem is null
            && runtime.Between(before, Stopwatch.GetTimestamp()) is not { AllocatedBytesPerSecond: > 0, ContentionsPerSecond: > 0, QueueLengthMax: >= 0 })
            WaitForALock();

        await runtime.Stop();

        Assert.Null(runtime.Problem);
    }

    [Fact]
    public async Task Attach_ProcessWithoutSuchARuntime_SaysSoAndHasNoFigures()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        var runtime = RuntimeEvents.Attach(process.Id);
        try
        {
            await runtime.Stop();

            Assert.Contains("is no .NET process, or runs with DOTNET_EnableDiagnostics=0", runtime.Problem, StringComparison.Ordinal);
            Assert.Null(runtime.Between(0, Stopwatch.GetTimestamp()));
        }
        finally
        {
            process.Kill();
        }
    }

    private static void WaitForALock()
    {
        var held = new object();
        Thread other;
        lock (held)
        {
            other = new Thread(() =>
            {
                lock (held) GC.KeepAlive(held);
            });
            other.Start();
            while (!other.ThreadState.HasFlag(System.Threading.ThreadState.WaitSleepJoin)) Thread.Sleep(1);
        }

        other.Join();
    }
}
