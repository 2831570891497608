using System.Diagnostics;
using Harness.Measures;

namespace Harness.Tests.Measures;

public sealed class SamplerTests
{
    [Fact]
    public void ProcessMeter_ThisProcess_CountsWhatItDoes()
    {
        var meter = new ProcessMeter(Environment.ProcessId);
        var before = meter.Read()!.Value;
        var file = Path.GetTempFileName();
        try
        {
            // One write call of 3 MiB, and enough arithmetic for several of the kernel's 10 ms ticks.
            using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.Write)) RandomAccess.Write(handle, new byte[3 << 20], 0);
            Burn(TimeSpan.FromMilliseconds(100));
        }
        finally
        {
            File.Delete(file);
        }

        var used = meter.Read()!.Value.Since(before);

        Assert.True(used.WriteCharsBytes >= 3 << 20, $"{used.WriteCharsBytes} bytes");
        Assert.True(used.WriteCalls >= 1, $"{used.WriteCalls} calls");
        Assert.True(used.CpuTime >= TimeSpan.FromMilliseconds(50), $"{used.CpuTime}");
        Assert.True(used.ResidentBytes > 10 << 20, $"{used.ResidentBytes} bytes resident");
        Assert.True(used.Threads > 1, $"{used.Threads} threads");
    }

    [Fact]
    public async Task Take_ThisProcessWorksInBetween_CountsItsCpuTime()
    {
        await using var sampler = new Sampler(device: null);
        var before = sampler.Take();
        Burn(TimeSpan.FromMilliseconds(100));

        Assert.True(sampler.Take().HarnessCpu - before.HarnessCpu >= TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public void ProcessMeter_ThreadThatEnded_KeepsItsSwitches()
    {
        var meter = new ProcessMeter(Environment.ProcessId);
        using var ready = new SemaphoreSlim(0);
        using var end = new SemaphoreSlim(0);
        var thread = new Thread(() =>
        {
            for (var i = 0; i < 50; i++) Thread.Sleep(1);
            ready.Release();
            end.Wait();
        });
        thread.Name = "switches a lot";
        thread.Start();
        ready.Wait();
        var alive = meter.Read()!.Value;
        end.Release();
        thread.Join();

        var after = meter.Read()!.Value;

        Assert.True(after.VoluntarySwitches >= alive.VoluntarySwitches, $"{after.VoluntarySwitches} after {alive.VoluntarySwitches}");
        Assert.True(alive.VoluntarySwitches >= 50, $"{alive.VoluntarySwitches}");
        Assert.All([alive, after], counters => Assert.Contains(counters.ThreadUses!.Values, use => use.Name == "switches a lot" && use.CpuTime > TimeSpan.Zero));
    }

    [Fact]
    public void ProcessMeter_ProcessThatEnded_ReadsAsNone()
    {
        using var process = Process.Start(new ProcessStartInfo("true"))!;
        process.WaitForExit();

        Assert.Null(new ProcessMeter(process.Id).Read());
    }

    [Fact]
    public async Task Sampler_KnownBurnerBetweenTwoSamples_ShowsInItsProcessOnly()
    {
        using var burner = Process.Start(new ProcessStartInfo("sh", ["-c", "ulimit -t 60; while :; do :; done"]))!; // not for ever, should these tests be killed
        using var sleeper = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        try
        {
            // Once it sleeps, its start is behind it.
            while (!(await File.ReadAllTextAsync($"/proc/{sleeper.Id}/stat")).Contains("(sleep) S ", StringComparison.Ordinal)) await Task.Delay(10);
            await using var sampler = new Sampler(device: null);
            sampler.Watch("burner", burner.Id);
            sampler.Watch("sleeper", sleeper.Id);

            var clock = Stopwatch.StartNew();
            var start = sampler.Take();
            // However busy the machine is, it gets there: waits for CPU time, not for time.
            Sample end;
            do
            {
                await Task.Delay(20);
                end = sampler.Take();
            }
            while (end.Processes["burner"].CpuTime - start.Processes["burner"].CpuTime < TimeSpan.FromMilliseconds(100));

            var burnt = end.Processes["burner"].Since(start.Processes["burner"]);
            Assert.True(burnt.CpuTime <= clock.Elapsed + TimeSpan.FromMilliseconds(20), "one thread used more than one core");
            Assert.True(end.Processes["sleeper"].Since(start.Processes["sleeper"]).CpuTime <= TimeSpan.FromMilliseconds(10));
            Assert.True(end.Machine.Since(start.Machine).BusyTime >= burnt.CpuTime / 2);
            Assert.Equal(sampler.Samples.OrderBy(sample => sample.Timestamp), sampler.Samples);
        }
        finally
        {
            burner.Kill();
            sleeper.Kill();
        }
    }

    [Fact]
    public async Task Sampler_ProcessThatEnded_IsLeftOutFromThenOn()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        await using var sampler = new Sampler(device: null);
        sampler.Watch("node", process.Id);
        Assert.Contains("node", sampler.Take().Processes);

        process.Kill();
        process.WaitForExit();

        Assert.DoesNotContain("node", sampler.Take().Processes);
    }

    [Fact]
    public async Task MachineProbe_ThisMachine_FillsWhatEveryLinuxHas()
    {
        var facts = await MachineProbe.Observe(Path.GetTempPath(), checkout: null);

        Assert.NotEmpty(facts.CpuModel);
        Assert.Equal(Environment.ProcessorCount, facts.Cores);
        Assert.True(facts.MemoryBytes > 1 << 28);
        Assert.NotEmpty(facts.Filesystem);
        Assert.Contains("vm.dirty_ratio", facts.KernelSettings);
        Assert.StartsWith(".NET", facts.Runtime);
    }

    private static void Burn(TimeSpan cpuTime)
    {
        using var me = Process.GetCurrentProcess();
        var until = me.TotalProcessorTime + cpuTime;
        while (Process.GetCurrentProcess().TotalProcessorTime < until) Thread.SpinWait(10_000);
    }
}
