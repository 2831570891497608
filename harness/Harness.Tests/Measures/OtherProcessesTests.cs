using Harness.Measures;

namespace Harness.Tests.Measures;

public sealed class OtherProcessesTests
{
    [Fact]
    public void Since_OwnProcessesAndTheKernels_AreLeftOut()
    {
        var before = OtherProcesses.Of([Stat(1, 0, 10), Stat(2, 0, 10, "kthreadd"), Stat(30, 2, 10), Stat(100, 1, 10), Stat(200, 1, 10)], own: 100);
        var after = OtherProcesses.Of(
            [
                Stat(1, 0, 10), Stat(2, 0, 99, "kthreadd"), Stat(30, 2, 99), Stat(100, 1, 99), // init that did nothing, the kernel, a thread of its, this process
                Stat(110, 100, 99), Stat(111, 110, 99), // started by this process, and by that one
                Stat(200, 1, 70, "a (b) c"), Stat(201, 200, 300), // two of somebody else's, the second new
            ],
            own: 100);

        Assert.Equal([new OtherProcess("dotnet", 201, TimeSpan.FromSeconds(3)), new OtherProcess("a (b) c", 200, TimeSpan.FromSeconds(0.6))], after.Since(before));
    }

    [Fact]
    public void Since_ParentsThatFormACircle_EndsNevertheless() =>
        Assert.Equal(2, OtherProcesses.Of([Stat(7, 8, 5), Stat(8, 7, 5)], own: 1).Since(OtherProcesses.Of([], own: 1)).Count);

    [Fact]
    public void Read_ThisMachine_HasNothingOfThisProcess() =>
        Assert.DoesNotContain(OtherProcesses.Read().Since(OtherProcesses.Of([], own: 1)), process => process.Pid == Environment.ProcessId);

    /// <summary>CPU time in hundredths of a second, user mode.</summary>
    private static string Stat(int pid, int parent, int ticks, string name = "dotnet") =>
        $"{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 1 0 1 4096 100 18446744073709551615\n";
}
