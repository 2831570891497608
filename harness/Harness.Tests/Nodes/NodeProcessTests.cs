using System.Diagnostics;
using Harness.Nodes;

namespace Harness.Tests.Nodes;

public sealed class NodeProcessTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-nodes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Ready_AfterOtherLines_GivesWhatFollowsTheWord()
    {
        await using var node = Start("echo starting; echo 'ready {\"x\":1}'; echo later; cat > /dev/null");

        Assert.Equal("{\"x\":1}", await node.Ready(Patience));
    }

    [Fact]
    public async Task Ready_ProcessEnds_FailsWithExitCodeAndLastWords()
    {
        await using var node = Start("echo 'broken invariant' >&2; exit 134");

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => node.Ready(Patience));

        Assert.Contains("exit code 134", error.Message);
        Assert.Contains("broken invariant", error.Message);
        Assert.True(node.EndedByItself);
    }

    [Fact]
    public async Task Ready_ProcessRefusesItsSettings_GivesItsWords()
    {
        await using var node = Start("echo 'data folder is taken' >&2; exit 2");

        var error = await Assert.ThrowsAsync<NodeRefusedException>(() => node.Ready(Patience));

        Assert.Equal("node 1 refused to start: data folder is taken", error.Message);
    }

    [Fact]
    public async Task Ready_SilentPastTheDeadline_FailsWithTheLogSoFar()
    {
        await using var node = Start("echo loading; cat > /dev/null");
        await Log(node, "loading");

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => node.Ready(TimeSpan.FromMilliseconds(50)));

        Assert.Contains("loading", error.Message);
    }

    [Fact]
    public async Task Stop_ProcessThatListens_EndsCleanly()
    {
        await using var node = Start("trap 'echo bye; exit 0' TERM; echo ready go; while :; do sleep 0.05; done");
        await node.Ready(Patience);

        Assert.True(await node.Stop(Patience));

        Assert.Equal(0, node.ExitCode);
        Assert.False(node.EndedByItself);
        Assert.Contains("bye", await File.ReadAllTextAsync(LogFile));
    }

    [Fact]
    public async Task Stop_ProcessThatIgnoresIt_IsKilledAfterTheDeadline()
    {
        await using var node = Start("trap '' TERM; echo ready go; while :; do sleep 0.05; done");
        await node.Ready(Patience);

        Assert.False(await node.Stop(TimeSpan.FromMilliseconds(200)));

        Assert.Equal(128 + 9, node.ExitCode);
        Assert.False(Directory.Exists($"/proc/{node.Pid}"));
    }

    [Fact]
    public async Task Dispose_ProcessStillRuns_LeavesNone()
    {
        var node = Start("trap '' TERM INT; echo ready go; while :; do sleep 0.05; done");
        await node.Ready(Patience);
        var pid = node.Pid;

        await node.DisposeAsync();

        Assert.False(Directory.Exists($"/proc/{pid}"));
    }

    [Fact]
    public async Task Input_EndsWithItsOwner_SoAWatchingNodeEndsToo()
    {
        await using var node = Start("echo ready go; cat > /dev/null; echo 'input ended'");
        await node.Ready(Patience);

        node.Input.Close();
        await node.Exited.WaitAsync(Patience);

        Assert.Equal(0, node.ExitCode);
        Assert.Contains("input ended", await File.ReadAllTextAsync(LogFile));
    }

    [Fact]
    public async Task TakeLine_LinesItTakes_StayOutOfTheLogAndInOrder()
    {
        var taken = new List<string>();
        await using var node = NodeProcess.Start(Command("echo one; echo '{2}'; echo three; echo '{4}'"), line =>
        {
            if (line[0] != '{') return false;
            taken.Add(line);
            return true;
        });
        await node.Exited.WaitAsync(Patience);

        Assert.Equal(["{2}", "{4}"], taken);
        Assert.Equal("one\nthree\n", await File.ReadAllTextAsync(LogFile));
    }

    [Fact]
    public void Start_ProgramThatIsNotThere_SaysSo()
    {
        var error = Assert.Throws<NodeFailedException>(() => NodeProcess.Start(new NodeCommand("node 1", "/no/such/program", [], LogFile)));

        Assert.Contains("/no/such/program", error.Message);
    }

    [Fact]
    public async Task Output_ProgramThatNeverEnds_IsKilledAtTheDeadline()
    {
        var watch = Path.Combine(_folder, "pid");
        var command = new NodeCommand("check", "sh", ["-c", $"echo $$ > {watch}; exec sleep 600"], "");

        // A busy machine may take longer than that to start it at all.
        for (var deadline = TimeSpan.FromMilliseconds(500); !File.Exists(watch) || new FileInfo(watch).Length == 0; deadline *= 2)
            await Assert.ThrowsAsync<NodeFailedException>(() => Output.Of(command, deadline, CancellationToken.None));

        var pid = int.Parse(await File.ReadAllTextAsync(watch));
        while (IsAlive(pid)) await Task.Delay(10);
    }

    private string LogFile => Path.Combine(_folder, "node.log");

    private NodeProcess Start(string script) => NodeProcess.Start(Command(script));

    private NodeCommand Command(string script) => new("node 1", "sh", ["-c", script], LogFile);

    private static async Task Log(NodeProcess node, string text)
    {
        while (!node.LogTail.Contains(text, StringComparison.Ordinal)) await Task.Delay(10);
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
