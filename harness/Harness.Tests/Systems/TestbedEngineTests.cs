using Harness.Cli;
using Harness.Load;
using Harness.Load.Running;
using Harness.Nodes;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Tests.Systems;

/// <summary>The real broker as processes.</summary>
public sealed class TestbedEngineTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestbedEngine _engine = new(Checkout.BrokerAssembly);
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-engine-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Check_StrategyWithoutParameters_ComesBackResolved()
    {
        var check = await _engine.Check(new ClusterPlan().WithStrategy("flush", "interval").WithSetting("segment.bytes", "1048576"), CancellationToken.None);

        Assert.Empty(check.Problems);
        Assert.StartsWith("interval(interval=", check.Settings["flush"]);
        Assert.Equal("1048576", check.Settings["segment.bytes"]);
        Assert.Equal("2", check.Settings["min.insync.replicas"]);
    }

    [Fact]
    public async Task Check_SeveralWrongThings_NamesEach()
    {
        var check = await _engine.Check(new ClusterPlan().WithStrategy("flush", "nope").WithStrategy("read", "nope").WithSetting("no.such.key", "1"), CancellationToken.None);

        Assert.Equal(3, check.Problems.Count);
    }

    [Fact]
    public async Task StartNode_SecondOnTheSameFolder_IsRefusedInItsOwnWords()
    {
        await using var cluster = await Start(nodes: 1);

        var error = await Assert.ThrowsAsync<NodeRefusedException>(() => Start(nodes: 1));

        Assert.StartsWith("node 1 refused to start: ", error.Message);
        Assert.False(cluster.Nodes[0].Process.HasExited);
    }

    [Fact]
    public async Task Cluster_FollowerKilledAndRestarted_ComesBackInSyncWithWhatItMissed()
    {
        await using var cluster = await Start(nodes: 3, plan => plan.WithSetting("replica.lag.time.max.ms", "1000"));
        using var admin = new AdminClient([.. cluster.Nodes.Select(node => node.Endpoint)], Patience);
        admin.CreateTopic("t", partitions: 1, replicationFactor: 3);
        admin.WaitUntilReady("t", Patience);
        var follower = cluster.Nodes.First(node => node.Id != admin.DescribeTopic("t").Partitions[0].LeaderId).Id;

        await cluster.Kill(follower);
        // acks=all: nothing is acknowledged before the in-sync set is without the one that is gone.
        Produce(cluster, 1000);
        // Clients are told after the leader has acted on it.
        for (var until = DateTime.UtcNow + Patience; admin.DescribeTopic("t").Partitions[0].InSyncReplicas.Contains(follower); await Task.Delay(20))
            Assert.True(DateTime.UtcNow < until, "the one that is gone is still told to be in sync");
        await cluster.Restart(follower, CancellationToken.None);
        admin.WaitUntilReady("t", Patience);

        Assert.Equal(3, admin.DescribeTopic("t").Partitions[0].InSyncReplicas.Count);
        Assert.Equal([1000L], admin.EndOffsets("t"));
        Assert.Empty(await cluster.Stop());
        Assert.All(cluster.Nodes, node => Assert.True(node.Process.ExitCode == 0, $"node {node.Id} ended with {node.Process.ExitCode}: {node.Process.LogTail}"));
    }

    private static void Produce(Cluster cluster, long records)
    {
        var spec = new LoadSpec
        {
            Bootstrap = [.. cluster.Nodes.Where(node => !node.Process.HasExited).Select(node => node.Endpoint)],
            Topic = "t",
            Produce = new ProduceSpec { Arrival = Arrival.Closed, MaxRecords = records },
            Consume = new ConsumeSpec(),
            Warmup = TimeSpan.Zero,
            Duration = Patience,
            Retries = int.MaxValue, // a busy machine may have the leader believe for a moment that nobody follows
        };
        Assert.Equal(LoadWorker.Succeeded, LoadWorker.Run(spec, _ => { }, new RunControl()));
    }

    private Task<Cluster> Start(int nodes, Func<ClusterPlan, ClusterPlan>? change = null)
    {
        var plan = new ClusterPlan { Nodes = nodes, Replication = nodes, MinInSync = Math.Min(2, nodes) }.WithSetting("segment.bytes", "1048576");
        return Cluster.Start(_engine, change?.Invoke(plan) ?? plan, Path.Combine(_folder, "data"), Path.Combine(_folder, "logs"), firstPort: 0, CancellationToken.None);
    }
}
