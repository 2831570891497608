using System.Diagnostics;
using Harness.Nodes;
using Harness.Plans;

namespace Harness.Tests.Nodes;

/// <summary>One host over a real sshd, with shell scripts for nodes: what is tested is what reaches them and who lives.</summary>
public sealed class RemoteHostTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-ssh-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SshFact]
    public async Task Signals_ReachTheProcessThereAndNotJustTheClientHere()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        await using var host = await Connect(sshd);
        await using var node = Start(host, "echo 'it'\"'\"'s ready'; echo ready \"$GREETING\"; exec sleep 600");
        Assert.Equal("two words", await node.Ready(Patience));

        await node.Pause();
        await WaitUntil(node, state => state == "T");
        await node.Continue();
        await WaitUntil(node, state => state != "T");

        await node.Kill();
        Assert.False(Directory.Exists($"/proc/{node.Pid}"));
        Assert.False(node.EndedByItself);
        Assert.Contains("it's ready", await File.ReadAllTextAsync(Path.Combine(_folder, "node-1.log")), StringComparison.Ordinal);
    }

    [SshFact]
    public async Task ConnectionIsLost_NodeThatStandsStill_IsGoneAsWell()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        var host = await Connect(sshd);
        await using var node = Start(host, $"trap 'exit 0' TERM; echo ready {{}}; read end # {sshd.Binaries}");
        await node.Ready(Patience);
        await node.Pause();

        sshd.DropConnections();
        await node.Exited.WaitAsync(Patience);
        await sshd.AssertNothingLeft();

        Assert.True(node.EndedByItself);
        Assert.Empty(await host.Read(["/proc/stat"]));
        var error = await Assert.ThrowsAsync<NodeFailedException>(() => host.FreeBytes(CancellationToken.None));
        Assert.Contains("the connection to the host a", error.Message, StringComparison.Ordinal);
        await host.DisposeAsync();
    }

    [SshFact]
    public async Task Deploy_SameContentAgain_CopiesNothing()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        var programs = Directory.CreateDirectory(Path.Combine(_folder, "programs", "deep")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(programs, "deep", "one"), "1");
        await using var host = await Connect(sshd);
        await using var other = await Connect(sshd);

        var first = await host.Deploy(programs, CancellationToken.None);
        Assert.Equal("1", await File.ReadAllTextAsync(Path.Combine(first, "deep", "one")));
        await File.WriteAllTextAsync(Path.Combine(first, "mark"), "only in the copy");
        Assert.Equal(first, await other.Deploy(programs, CancellationToken.None));
        Assert.True(File.Exists(Path.Combine(first, "mark")));

        await File.WriteAllTextAsync(Path.Combine(programs, "deep", "one"), "2");
        await using var third = await Connect(sshd);
        Assert.NotEqual(first, await third.Deploy(programs, CancellationToken.None));
        Assert.Equal(2, Directory.GetDirectories(sshd.Binaries).Length);
    }

    [SshFact]
    public async Task Observe_ThisMachineFromAfar_FindsWhatItIs()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        await using var host = await Connect(sshd);

        var facts = await host.Observe(CancellationToken.None);

        Assert.Equal(("a", "127.0.0.1"), (facts.Name, facts.Address));
        Assert.Contains($".NET {Environment.Version.Major}.", facts.Runtime, StringComparison.Ordinal);
        Assert.Equal((await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(), facts.Kernel);
        Assert.True(facts.Cores > 0 && facts.MemoryBytes > 1 << 20 && facts.RoundTripMs > 0);
        Assert.True(await host.FreeBytes(CancellationToken.None) > 0);
    }

    [SshFact]
    public async Task Connect_KeyOfTheHostIsNotKnown_IsRefusedWithWhatSshSays()
    {
        await using var sshd = await LoopbackSshd.Start(_folder, knowsHost: false);

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Connect(sshd));

        Assert.Contains("Host key verification failed", error.Message, StringComparison.Ordinal);
        Assert.StartsWith("the host a (", error.Message, StringComparison.Ordinal);
    }

    [SshFact]
    public async Task Connect_NoRuntimeThere_IsRefusedWithWhatToDo()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        var host = HostInventory.Read(sshd.Inventory()).Hosts[0] with { DotNet = "/no/such/dotnet" };

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Connect(sshd, host));

        Assert.EndsWith($"has no .NET {Environment.Version.Major} runtime as '/no/such/dotnet': install it there, or write dotnet=/path/of/dotnet behind the host.", error.Message, StringComparison.Ordinal);
    }

    [SshFact]
    public async Task Connect_FolderThatCannotBeMade_IsRefusedWithItsName()
    {
        await using var sshd = await LoopbackSshd.Start(_folder);
        var host = HostInventory.Read(sshd.Inventory()).Hosts[0] with { Data = "/proc/testbed" };

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Connect(sshd, host));

        Assert.Contains(": /proc/testbed cannot be written there: ", error.Message, StringComparison.Ordinal);
    }

    private Task<RemoteHost> Connect(LoopbackSshd sshd, InventoryHost? host = null)
    {
        var inventory = HostInventory.Read(sshd.Inventory());
        var socket = Path.Combine(_folder, Path.GetRandomFileName());
        return RemoteHost.Connect(host ?? inventory.Hosts[0], inventory.SshConfig, socket, socket + ".log", CancellationToken.None);
    }

    private NodeProcess Start(RemoteHost host, string script) => NodeProcess.Start(new NodeCommand("node 1", "sh", ["-c", script], Path.Combine(_folder, "node-1.log"))
    {
        Host = host,
        Environment = new Dictionary<string, string> { ["GREETING"] = "two words" },
    });

    // The kernel stops a process at its next step, not when the signal is sent.
    private static async Task WaitUntil(NodeProcess node, Func<string, bool> isSo)
    {
        for (var clock = Stopwatch.StartNew(); !isSo((await File.ReadAllTextAsync($"/proc/{node.Pid}/stat")).Split(' ')[2]); await Task.Delay(5))
            Assert.True(clock.Elapsed < Patience, "the signal had no effect");
    }
}
