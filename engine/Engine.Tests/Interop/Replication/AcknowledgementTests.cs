using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>What an acknowledgement waits for.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class AcknowledgementTests(ThreeNodes three)
{
    private BrokerCluster _cluster = null!;

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void AcksAll_FollowerPaused_AnswersOnlyOnceItIsOutOfTheInSyncSet(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("paused", replicas: 3);
        var follower = AFollowerOf("paused");
        using var leader = _cluster.ConnectToLeader("paused");
        using var watcher = _cluster.ConnectToLeader("paused");

        follower.Pause();
        try
        {
            var correlationId = leader.SendProduce("paused", 0, RecordBatch.Of("needs all"));
            Assert.Equal(ErrorCode.None, watcher.Produce("paused", 0, RecordBatch.Of("needs one"), acks: 1).Error);

            var heldBack = 0;
            Until.True(
                () =>
                {
                    // The set is looked at last, and where it is agreed on: what a leader tells of it may lag behind what it does.
                    var answered = leader.HasAnswer;
                    var shown = watcher.Fetch("paused", 0, 0).Records;
                    if (_cluster.Agreed.FindTopic("paused")!.Partitions[0].Isr.Contains(follower.Setup.NodeId))
                    {
                        Assert.False(answered, "answered while a paused follower is in sync");
                        Assert.Empty(shown);
                        heldBack++;
                    }

                    return answered;
                },
                "the paused follower is dropped and the produce answered");

            Assert.True(heldBack > 0, "it was held back at all");
            Assert.Equal(ErrorCode.None, leader.ReceiveProduced(correlationId).Error);
            Assert.Equal(["needs all", "needs one"], watcher.ReadAll("paused").Select(record => record.Value).Order());
        }
        finally
        {
            follower.Continue();
        }

        _cluster.WaitForInSync("paused", 0, 3);
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void AcksAll_FollowerContinues_AnswersWithAllThreeInSync(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("continued", replicas: 3);
        var follower = AFollowerOf("continued");
        using var leader = _cluster.ConnectToLeader("continued");

        follower.Pause();
        int correlationId;
        try
        {
            correlationId = leader.SendProduce("continued", 0, RecordBatch.Of("waits"));
        }
        finally
        {
            follower.Continue();
        }

        Assert.Equal(ErrorCode.None, leader.ReceiveProduced(correlationId).Error);
        _cluster.WaitForInSync("continued", 0, 3);
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void MinInsyncReplicas_TooFewInSync_RefusesAcksAllAndStoresNothing(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("careful", 1, 3, new TopicSetting("min.insync.replicas", "3"));
        var follower = AFollowerOf("careful");
        using var leader = _cluster.ConnectToLeader("careful");
        Assert.Equal(ErrorCode.None, leader.Produce("careful", 0, RecordBatch.Of("all three")).Error);

        follower.Pause();
        try
        {
            // It is dropped for being behind, so there must be something to be behind of.
            Assert.Equal(ErrorCode.None, leader.Produce("careful", 0, RecordBatch.Of("leader alone"), acks: 1).Error);
            Until.True(() => !leader.Partition("careful", 0).InSyncReplicas.Contains(follower.Setup.NodeId), "the paused follower is dropped");

            Assert.Equal(ErrorCode.NotEnoughReplicas, leader.Produce("careful", 0, RecordBatch.Of("refused")).Error);
            Assert.Equal(ErrorCode.None, leader.Produce("careful", 0, RecordBatch.Of("asks for less"), acks: 1).Error);
        }
        finally
        {
            follower.Continue();
        }

        _cluster.WaitForInSync("careful", 0, 3);
        Assert.Equal(ErrorCode.None, leader.Produce("careful", 0, RecordBatch.Of("again")).Error);
        Assert.Equal(["all three", "leader alone", "asks for less", "again"], leader.ReadAll("careful").Select(record => record.Value));
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void Follower_Asked_SendsProducersAndConsumersToTheLeader(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("led", replicas: 3);
        using var follower = new RawClient(AFollowerOf("led").ClientEndpoint);

        Assert.Equal(ErrorCode.NotLeaderOrFollower, follower.Produce("led", 0, RecordBatch.Of("misled")).Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, follower.Fetch("led", 0, 0).Error);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, follower.ListOffset("led", 0, ListOffsetsRequest.Latest).Error);
    }

    private BrokerProcess AFollowerOf(string topic)
    {
        var leader = _cluster.LeaderOf(topic);
        return _cluster.Nodes.First(node => node.Setup.NodeId != leader);
    }
}
