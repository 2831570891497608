using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>Nodes die under load and come back: nothing acknowledged is lost, and all replicas end with the same bytes.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class NodeDeathTests(ThreeNodes three)
{
    private const int Progress = 2000;

    private readonly BrokerCluster _cluster = three.Cluster;

    [Fact]
    public void Follower_KilledUnderLoad_IsDroppedAndRejoinsByItselfWithTheSameBytes()
    {
        _cluster.CreateTopic("follower-dies", replicas: 3);
        var leader = _cluster.LeaderOf("follower-dies");
        var follower = _cluster.Nodes.Select(node => node.Setup.NodeId).First(id => id != leader);

        using var producer = new SteadyProducer(_cluster, "follower-dies");
        producer.WaitForMore(Progress);
        _cluster.Node(follower).Kill();
        using (var client = _cluster.Connect(leader))
            Until.True(() => !client.Partition("follower-dies", 0).InSyncReplicas.Contains(follower), "the dead follower is dropped");
        producer.WaitForMore(Progress);
        _cluster.Restart(follower);
        _cluster.WaitForInSync("follower-dies", 0, 3);
        producer.WaitForMore(Progress);

        AssertKept(producer.Stop(), "follower-dies");
        AssertSameBytesAfterACleanStop("follower-dies");
    }

    [Fact]
    public void Leader_KilledUnderLoad_RejoinsWithEverythingAcknowledged()
    {
        _cluster.CreateTopic("leader-dies", replicas: 3);
        var leader = _cluster.LeaderOf("leader-dies");

        using var producer = new SteadyProducer(_cluster, "leader-dies");
        producer.WaitForMore(Progress);
        _cluster.Node(leader).Kill();
        _cluster.Restart(leader);
        producer.WaitForMore(Progress);
        _cluster.WaitForInSync("leader-dies", 0, 3);

        AssertKept(producer.Stop(), "leader-dies");
        AssertSameBytesAfterACleanStop("leader-dies");
    }

    [Fact]
    public void AllNodes_KilledUnderLoad_ComeBackWithEverythingAcknowledged()
    {
        _cluster.CreateTopic("all-die", replicas: 3);
        using var producer = new SteadyProducer(_cluster, "all-die");
        producer.WaitForMore(Progress);
        foreach (var node in _cluster.Nodes) node.Kill();
        Parallel.For(1, 4, _cluster.Restart);
        producer.WaitForMore(Progress);
        _cluster.WaitForInSync("all-die", 0, 3);

        AssertKept(producer.Stop(), "all-die");
        AssertSameBytesAfterACleanStop("all-die");
    }

    private void AssertKept(IReadOnlyList<StoredRecord> acknowledged, string topic)
    {
        using var leader = _cluster.ConnectToLeader(topic);
        var stored = leader.ReadAll(topic);
        Assert.Equal(Enumerable.Range(0, stored.Count).Select(offset => (long)offset), stored.Select(record => record.Offset));
        foreach (var record in acknowledged)
            if (record.Offset >= stored.Count || stored[(int)record.Offset] != record) Assert.Fail($"acknowledged and not there: {record}");
    }

    /// <summary>Stops all nodes cleanly, compares their files below the high watermark, and starts them again.</summary>
    private void AssertSameBytesAfterACleanStop(string topic)
    {
        long highWatermark;
        using (var leader = _cluster.ConnectToLeader(topic)) highWatermark = leader.ListOffset(topic, 0, ListOffsetsRequest.Latest).Offset;

        Assert.All(_cluster.Nodes, node => Assert.Equal(0, node.Stop()));
        var copies = _cluster.Nodes.Select(node => BytesBelow(highWatermark, _cluster.LogFile(node.Setup.NodeId, topic))).ToList();
        Assert.NotEmpty(copies[0]);
        Assert.All(copies, copy => Assert.True(copies[0].AsSpan().SequenceEqual(copy), "a replica has other bytes"));

        Parallel.For(1, 4, _cluster.Restart);
        _cluster.WaitForInSync(topic, 0, 3);
    }

    private static byte[] BytesBelow(long offset, string logFile)
    {
        var bytes = File.ReadAllBytes(logFile);
        var end = 0;
        foreach (var batch in StoredRecords.Batches(bytes))
        {
            if (new BatchHeader(batch).NextOffset > offset) break;
            end += batch.Length;
        }

        return bytes[..end];
    }
}
