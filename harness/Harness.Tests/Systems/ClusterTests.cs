using System.Diagnostics;
using Harness.Nodes;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Tests.Systems;

/// <summary>Supervision with nodes that are shell scripts: what is tested is who lives and who does not.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-cluster-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Start_ThreeNodes_EachHasItsPortFolderAndLog()
    {
        await using var cluster = await Start(new ScriptedSystem(_ => ScriptedSystem.Healthy), firstPort: 9100);

        Assert.Equal("127.0.0.1:9100,127.0.0.1:9101,127.0.0.1:9102", cluster.Bootstrap);
        Assert.Equal(3, cluster.Nodes.Select(node => node.Process.Pid).Distinct().Count());
        Assert.Equal(3, cluster.Nodes.Select(node => node.Place.DataFolder).Distinct().Count());
        Assert.All(cluster.Nodes, node => Assert.True(File.Exists(node.Place.LogFile)));
    }

    [Fact]
    public async Task Start_OneNodeRefuses_NoneSurvives()
    {
        var system = new ScriptedSystem(id => id == 2 ? "echo 'port in use' >&2; exit 2" : ScriptedSystem.Healthy);

        var error = await Assert.ThrowsAsync<NodeRefusedException>(() => Start(system));

        Assert.Contains("port in use", error.Message);
        Assert.All(system.Pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task Start_StoppedWhileWaiting_NoneSurvives()
    {
        using var stop = new CancellationTokenSource();
        var system = new ScriptedSystem(id => id == 3 ? "sleep 600" : ScriptedSystem.Healthy) { AllStarted = stop.Cancel };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Start(system, stop: stop.Token));

        Assert.Equal(3, system.Pids.Count);
        Assert.All(system.Pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task Stop_OneNodeDoesNotListen_IsReportedAndGone()
    {
        var system = new ScriptedSystem(id => id == 2 ? ScriptedSystem.Deaf : ScriptedSystem.Healthy);
        await using var cluster = await Start(system);

        var killed = await cluster.Stop(TimeSpan.FromSeconds(5));

        Assert.Equal([2], killed);
        Assert.All(system.Pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task KillAndRestart_OneNode_ComesBackOnItsPortAndData()
    {
        await using var cluster = await Start(new ScriptedSystem(_ => ScriptedSystem.Healthy), firstPort: 9200);
        var before = cluster.Nodes[1];

        await cluster.Kill(2);
        Assert.Equal(137, before.Process.ExitCode);
        cluster.ThrowIfOneEnded();
        var pid = before.Process.Pid;
        await cluster.Restart(2, CancellationToken.None);

        var after = cluster.Nodes[1];
        Assert.NotEqual(pid, after.Process.Pid);
        Assert.Equal(before.Endpoint, after.Endpoint);
        Assert.Equal(before.Place.DataFolder, after.Place.DataFolder);
        Assert.False(after.Process.HasExited);
    }

    [Fact]
    public async Task Kill_WhileTheNodeRestarts_HitsTheNewOne()
    {
        await using var cluster = await Start(new ScriptedSystem(_ => ScriptedSystem.Healthy));
        await cluster.Kill(2);
        var dead = cluster.Nodes[1];

        var restart = cluster.Restart(2, CancellationToken.None);
        await cluster.Kill(2);
        await restart;

        Assert.NotSame(dead, cluster.Nodes[1]);
        Assert.Equal(137, cluster.Nodes[1].Process.ExitCode);
    }

    [Fact]
    public async Task Restart_NodeThatRuns_IsRefused()
    {
        await using var cluster = await Start(new ScriptedSystem(_ => ScriptedSystem.Healthy));

        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Restart(1, CancellationToken.None));
    }

    [Fact]
    public async Task ThrowIfOneEnded_NodeCrashed_NamesItWithItsLastWords()
    {
        var system = new ScriptedSystem(id => id == 3 ? "echo ready {}; read line; echo 'broken invariant' >&2; exit 134" : ScriptedSystem.Healthy);
        await using var cluster = await Start(system);
        cluster.ThrowIfOneEnded();

        cluster.Nodes[2].Process.Input.WriteLine("go");
        await cluster.Nodes[2].Process.Exited;

        var error = Assert.Throws<NodeFailedException>(cluster.ThrowIfOneEnded);
        Assert.Contains("node 3", error.Message);
        Assert.Contains("broken invariant", error.Message);
    }

    private Task<Cluster> Start(ISystemUnderTest system, int firstPort = 0, CancellationToken stop = default) =>
        Cluster.Start(system, new ClusterPlan(), Path.Combine(_folder, "data"), Path.Combine(_folder, "logs"), firstPort, stop);

    private sealed class ScriptedSystem(Func<int, string> script) : ISystemUnderTest
    {
        public const string Healthy = "trap 'exit 0' TERM; echo ready {}; while :; do sleep 0.05; done";
        public const string Deaf = "trap '' TERM; echo ready {}; while :; do sleep 0.05; done";

        public List<int> Pids { get; } = [];

        /// <summary>Called when three nodes have been started, ready or not.</summary>
        public Action AllStarted { get; init; } = () => { };

        public string Name => "scripted";

        public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop) => throw new UnreachableException();

        public async Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop)
        {
            var process = NodeProcess.Start(new NodeCommand($"node {place.NodeId}", "sh", ["-c", script(place.NodeId)], place.LogFile));
            Pids.Add(process.Pid);
            try
            {
                if (Pids.Count == 3) AllStarted();
                await process.Ready(TimeSpan.FromSeconds(60), stop);
                return new Node(place, process, new Dictionary<string, string>());
            }
            catch
            {
                await process.DisposeAsync();
                throw;
            }
        }
    }
}
