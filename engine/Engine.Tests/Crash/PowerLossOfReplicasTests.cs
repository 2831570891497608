using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Replication;

namespace Engine.Tests.Crash;

/// <summary>Replicas lose power: one of three may forget what it had not flushed, all three at once only what they had not promised.</summary>
public sealed class PowerLossOfReplicasTests
{
    private const int Nodes = 3;
    private const int Progress = 2000;
    private static readonly TopicSetting MinInSync = new("min.insync.replicas", "2");

    [LoopDiskTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void OneOfThree_NothingFlushed_RejoinsWithEverythingAcknowledged(bool isLeader)
    {
        using var disk = new LoopDisk();
        using var folder = new TemporaryFolder();
        const int victim = 2;
        using var cluster = new BrokerCluster(
            Nodes, _ => ["--flush", "os-cache"], _ => [], node => node == victim ? disk.Folder("data") : folder.File($"node-{node}"));
        var topic = LedBy(victim, isLeader, cluster);

        using var producer = new SteadyProducer(cluster, topic);
        producer.WaitForMore(Progress);
        var before = cluster.LogFiles(victim, topic).Sum(file => new FileInfo(file).Length);
        disk.CutPower();
        cluster.Node(victim).Kill();
        disk.RestorePower();
        var after = cluster.LogFiles(victim, topic).Sum(file => new FileInfo(file).Length);
        Assert.True(after < before, $"power loss took something: {before} bytes before, {after} after");

        cluster.Restart(victim);
        producer.WaitForMore(Progress);
        cluster.WaitForInSync(topic, 0, Nodes);
        cluster.AssertKept(producer.Stop(), topic);
        cluster.AssertSameBytesAfterACleanStop(topic);
    }

    [LoopDiskTheory]
    [InlineData("group-commit", "all")]
    [InlineData("os-cache", "durable")]
    public void AllThree_FlushedBeforeTheAnswer_ComeBackWithEverythingAcknowledged(string flush, string acks)
    {
        // The cluster's shared folder goes with one of the disks: power is gone for everything.
        using var disks = new Disks(Nodes);
        using var cluster = new BrokerCluster(
            Nodes, _ => ["--flush", flush, "--acks", acks, "--set", "segment.bytes=131072"], _ => [], node => disks[node].Folder("data"), disks[1].Folder("cluster"));
        cluster.CreateTopic("kept", replicas: Nodes, settings: MinInSync);

        using var producer = new SteadyProducer(cluster, "kept");
        producer.WaitForMore(Progress);
        // What is answered between the two counts is not looked at: a sync that the shutdown overtakes may return success.
        var before = producer.Count;
        disks.CutPower();
        foreach (var node in cluster.Nodes) node.Kill();
        var meanwhile = producer.Count - before;
        disks.RestorePower();
        Parallel.For(1, Nodes + 1, cluster.Restart);
        producer.WaitForMore(Progress);
        cluster.WaitForInSync("kept", 0, Nodes);

        var acknowledged = producer.Stop();
        cluster.AssertKept([.. acknowledged.Take(before), .. acknowledged.Skip(before + meanwhile)], "kept");
        cluster.AssertSameBytesAfterACleanStop("kept");
    }

    /// <summary>A topic whose only partition is led by the node, or by another.</summary>
    private static string LedBy(int node, bool isLeader, BrokerCluster cluster)
    {
        for (var i = 0; i < 2 * Nodes; i++)
        {
            cluster.CreateTopic($"kept-{i}", replicas: Nodes, settings: MinInSync);
            if (cluster.LeaderOf($"kept-{i}") == node == isLeader) return $"kept-{i}";
        }

        throw new InvalidOperationException($"no partition was led by node {node}");
    }

    /// <summary>A disk for each node, numbered as they are.</summary>
    private sealed class Disks(int count) : IDisposable
    {
        private readonly LoopDisk[] _disks = [.. Enumerable.Range(0, count).Select(_ => new LoopDisk())];

        public LoopDisk this[int node] => _disks[node - 1];

        public void CutPower() => Parallel.ForEach(_disks, disk => disk.CutPower());

        public void RestorePower() => Array.ForEach(_disks, disk => disk.RestorePower());

        public void Dispose() => Array.ForEach(_disks, disk => disk.Dispose());
    }
}
