using System.Globalization;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>Records deleted by request, on one node.</summary>
[Collection(OneNode.Tests)]
public sealed class DeleteRecordsTests(OneNode one)
{
    private const int Batches = 10;

    [Fact]
    public void DeleteRecords_UpToAnOffset_TakesThemFromEveryAnswer()
    {
        using var client = Filled("deleted");

        Assert.Equal(new DeletedRecords(0, 25, ErrorCode.None), client.DeleteRecords("deleted", 0, 25));
        Assert.Equal(25, client.ListOffset("deleted", 0, ListOffsetsRequest.Earliest).Offset);
        Assert.Equal(ErrorCode.OffsetOutOfRange, client.Fetch("deleted", 0, 24).Error);
        // The batch that holds it comes whole; what the client did not ask for it skips.
        Assert.Equal(20, new BatchHeader(client.Fetch("deleted", 0, 25).Records).BaseOffset);
        // An offset that is deleted already is no error; the answer says where the log starts.
        Assert.Equal(new DeletedRecords(0, 25, ErrorCode.None), client.DeleteRecords("deleted", 0, 3));
    }

    [Fact]
    public void DeleteRecords_ToTheHighWatermark_LeavesAnEmptyPartitionThatGoesOn()
    {
        using var client = Filled("emptied");

        Assert.Equal(new DeletedRecords(0, 100, ErrorCode.None), client.DeleteRecords("emptied", 0, DeleteRecordsRequest.ToHighWatermark));
        Assert.Equal(100, client.ListOffset("emptied", 0, ListOffsetsRequest.Earliest).Offset);
        Assert.Equal(-1, client.ListOffset("emptied", 0, 0).Offset);
        Assert.Equal(100, client.Produce("emptied", 0, RecordBatch.Of("next")).BaseOffset);
        Assert.Equal([new StoredRecord(100, "next")], StoredRecords.In(client.Fetch("emptied", 0, 100).Records));
    }

    [Theory]
    [InlineData("refused", 0, 101, ErrorCode.OffsetOutOfRange)]
    [InlineData("refused", 0, -2, ErrorCode.OffsetOutOfRange)]
    [InlineData("refused", 1, 0, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("no-such-topic", 0, 0, ErrorCode.UnknownTopicOrPartition)]
    [InlineData("only-compacted", 0, 0, ErrorCode.PolicyViolation)]
    public void DeleteRecords_WhatCannotBe_IsRefusedAndChangesNothing(string topic, int partition, long offset, ErrorCode expected)
    {
        using var client = Filled("refused");
        client.CreateTopic("only-compacted", settings: new TopicSetting("cleanup.policy", "compact"));

        Assert.Equal(new DeletedRecords(partition, -1, expected), client.DeleteRecords(topic, partition, offset));
        Assert.Equal(0, client.ListOffset("refused", 0, ListOffsetsRequest.Earliest).Offset);
    }

    [Fact]
    public void DeleteRecords_ThenKilled_StaysDeleted()
    {
        using var cluster = new BrokerCluster(1);
        cluster.CreateTopic("t");
        using (var client = cluster.Connect())
        {
            Fill(client, "t");
            client.DeleteRecords("t", 0, 42);
        }

        cluster.Node(1).Kill();
        cluster.Restart(1);
        using var again = cluster.Connect();
        Assert.Equal(42, again.ListOffset("t", 0, ListOffsetsRequest.Earliest).Offset);
        Assert.Equal(100, again.ListOffset("t", 0, ListOffsetsRequest.Latest).Offset);
    }

    [ToolFact(ClientTool.KafkaTools)]
    public void KafkasOwnTool_DeletesRecords()
    {
        using var client = Filled("java-deleted");
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("offsets"), """{"version": 1, "partitions": [{"topic": "java-deleted", "partition": 0, "offset": 60}]}""");

        var report = KafkaTools.Run(one.Cluster, "kafka-delete-records.sh", "--offset-json-file", folder.File("offsets"));

        Assert.Contains("low_watermark: 60", report, StringComparison.Ordinal);
        Assert.Equal(60, client.ListOffset("java-deleted", 0, ListOffsetsRequest.Earliest).Offset);
    }

    private RawClient Filled(string topic)
    {
        var client = one.Cluster.Connect();
        if (client.CreateTopic(topic).Error == ErrorCode.None) Fill(client, topic);
        return client;
    }

    internal static void Fill(RawClient client, string topic)
    {
        for (var batch = 0; batch < Batches; batch++)
            client.Produce(topic, 0, RecordBatch.Of([.. Enumerable.Range(batch * 10, 10).Select(number => number.ToString(CultureInfo.InvariantCulture))]));
    }
}

/// <summary>The same with followers, which drop what their leader no longer has.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class DeleteRecordsReplicatedTests(ThreeNodes three)
{
    private readonly BrokerCluster _cluster = three.Cluster;

    [Fact]
    public void DeleteRecords_OnTheLeader_ReachesItsFollowers()
    {
        _cluster.CreateTopic("deleted-three", replicas: 3);
        using var leader = _cluster.ConnectToLeader("deleted-three");
        DeleteRecordsTests.Fill(leader, "deleted-three");

        var follower = _cluster.Nodes.Select(node => node.Setup.NodeId).First(id => id != _cluster.LeaderOf("deleted-three"));
        using (var other = _cluster.Connect(follower))
            Assert.Equal(ErrorCode.NotLeaderOrFollower, other.DeleteRecords("deleted-three", 0, 10).Error);
        Assert.Equal(new DeletedRecords(0, 35, ErrorCode.None), leader.DeleteRecords("deleted-three", 0, 35));

        foreach (var node in _cluster.Nodes)
            Until.True(() => StartOffset(node.Setup.NodeId, "deleted-three") == "35\n", () => $"node {node.Setup.NodeId} starts at 35: {node.Errors}");
    }

    [Fact]
    public void Follower_WithNothing_BeginsWithTheBatchThatTheLeadersLogStartsIn()
    {
        _cluster.CreateTopic("deleted-new", replicas: 3);
        var leader = _cluster.LeaderOf("deleted-new");
        var follower = _cluster.Nodes.Select(node => node.Setup.NodeId).First(id => id != leader);
        using (var client = _cluster.Connect(leader))
        {
            DeleteRecordsTests.Fill(client, "deleted-new");
            Assert.Equal(0, _cluster.Node(follower).Stop());
            Directory.Delete(Path.GetDirectoryName(_cluster.LogFile(follower, "deleted-new"))!, recursive: true);
            client.DeleteRecords("deleted-new", 0, 35);
        }

        _cluster.Restart(follower);
        var copy = Path.Combine(Path.GetDirectoryName(_cluster.LogFile(follower, "deleted-new"))!, $"{30:D20}.log");
        var leaders = StoredRecords.Batches(File.ReadAllBytes(_cluster.LogFile(leader, "deleted-new"))).Skip(3).SelectMany(batch => batch).ToArray();
        Until.True(() => File.Exists(copy) && new FileInfo(copy).Length >= leaders.Length, () => $"the follower has them: {_cluster.Node(follower).Errors}");

        Until.True(() => StartOffset(follower, "deleted-new") == "35\n", () => $"the follower starts at 35: {_cluster.Node(follower).Errors}");
        Assert.Equal(leaders, File.ReadAllBytes(copy));
    }

    private string? StartOffset(int node, string topic)
    {
        var file = Path.Combine(Path.GetDirectoryName(_cluster.LogFile(node, topic))!, "log-start-offset");
        return File.Exists(file) ? File.ReadAllText(file) : null;
    }
}
