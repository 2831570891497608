using System.ComponentModel;

namespace Engine.Tests.Interop.Processes;

public sealed class ChildProcessTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public void Child_IsKilledByTheKernelWhenTheTestsEnd()
    {
        using var child = new ChildProcess("setpriv", ["--dump"]);
        Assert.Equal(0, child.WaitForExit(Patience));
        Assert.Contains("Parent death signal: KILL", child.Output, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Child_TheThreadThatAskedForItEnds_LivesOn()
    {
        using var folder = new TemporaryFolder();
        ChildProcess? started = null;
        var asking = new Thread(() => started = new("sh", ["-c", $"until [ -e {folder.File("go")} ]; do sleep 0.05; done; exit 7"]));
        asking.Start();
        asking.Join();
        using var child = started!;

        File.WriteAllText(folder.File("go"), "");
        Assert.Equal(7, child.WaitForExit(Patience));
    }

    [Fact]
    public void Child_ThatIsNoProgram_IsRefused() =>
        Assert.Contains("no-such-program", Assert.Throws<Win32Exception>(() => new ChildProcess("no-such-program", [])).Message, StringComparison.Ordinal);
}
