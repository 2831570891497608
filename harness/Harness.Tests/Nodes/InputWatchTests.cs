using Harness.Nodes;

namespace Harness.Tests.Nodes;

public sealed class InputWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-input-watch-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Around_ProgramWhoseInputEnds_IsAskedToStop()
    {
        await using var process = Start("sleep", "600");

        process.Input.Close();

        await process.Exited.WaitAsync(Patience);
        Assert.Equal(128 + 15, process.ExitCode);
    }

    [Fact]
    public async Task Around_Program_IsTheProcessItself()
    {
        await using var process = Start("sh", "-c", "echo ready $$; exec sleep 600");

        var pid = await process.Ready(Patience);

        Assert.Equal($"{process.Pid}", pid);
    }

    [Fact]
    public async Task Around_ProgramThatEndsByItself_KeepsItsExitCode()
    {
        await using var process = Start("sh", "-c", "exit 3");

        await process.Exited.WaitAsync(Patience);

        Assert.Equal(3, process.ExitCode);
    }

    private NodeProcess Start(params string[] program)
    {
        var command = InputWatch.Around(program);
        return NodeProcess.Start(new NodeCommand("node 1", command[0], command[1..], Path.Combine(_folder, "node-1.log")));
    }
}
