using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>Who may lead when all but one replica have gone, and that one goes too.</summary>
public sealed class LastReplicaTests : IDisposable
{
    private readonly BrokerCluster _cluster = new(3);

    [Fact]
    public void LastReplica_LosesItsDiskBelowTheMinimum_AnotherThatHoldsEverythingLeads()
    {
        _cluster.CreateTopic("kept", 1, 3, new TopicSetting("min.insync.replicas", "2"));
        var (last, others) = LastAndOthers("kept");
        using (var leader = _cluster.Connect(last))
        {
            Assert.Equal(ErrorCode.None, leader.Produce("kept", 0, RecordBatch.Of("acknowledged")).Error);
            foreach (var node in others) Assert.Equal(0, _cluster.Node(node).Stop());
            Until.True(() => leader.Partition("kept", 0).InSyncReplicas.Count == 1, "the last replica is alone");
            Assert.Equal(ErrorCode.NotEnoughReplicas, leader.Produce("kept", 0, RecordBatch.Of("refused")).Error);
        }

        _cluster.Node(last).Kill();
        Directory.Delete(_cluster.DataFolder(last), recursive: true);
        _cluster.Restart(last);
        // With an empty log it must not lead, though it was the only one in sync.
        using (var client = _cluster.Connect(last)) Assert.Equal(-1, client.Partition("kept", 0).LeaderId);

        foreach (var node in others) _cluster.Restart(node);
        _cluster.WaitForInSync("kept", 0, 3);
        using (var leader = _cluster.ConnectToLeader("kept"))
            Assert.Equal("acknowledged", Assert.Single(leader.ReadAll("kept")).Value);
        _cluster.AssertSameBytesAfterACleanStop("kept");
    }

    [Fact]
    public void LastReplica_IsGone_OthersLeadOnlyWhereAnUncleanElectionIsAllowed()
    {
        _cluster.CreateTopic("waits", 1, 3);
        _cluster.CreateTopic("unclean", 1, 3, new TopicSetting("unclean.leader.election.enable", "true"));
        var (last, others) = LastAndOthers("waits");
        foreach (var node in others) Assert.Equal(0, _cluster.Node(node).Stop());
        foreach (var topic in new[] { "waits", "unclean" })
        {
            using var leader = _cluster.ConnectToLeader(topic);
            Until.True(() => leader.Partition(topic, 0) is { LeaderId: var id, InSyncReplicas.Count: 1 } && id == last, "the last replica leads alone");
            Assert.Equal(ErrorCode.None, leader.Produce(topic, 0, RecordBatch.Of("on the last only")).Error);
        }

        Assert.Equal(0, _cluster.Node(last).Stop());
        foreach (var node in others) _cluster.Restart(node);

        // The control that must lose: what was acknowledged by the one that is gone is given up.
        using (var leader = _cluster.ConnectToLeader("unclean"))
        {
            Assert.Empty(leader.ReadAll("unclean"));
            Assert.Equal(ErrorCode.None, leader.Produce("unclean", 0, RecordBatch.Of("instead")).Error);
            Assert.Equal((-1, ErrorCode.LeaderNotAvailable), (leader.Partition("waits", 0).LeaderId, leader.Partition("waits", 0).Error));
        }

        _cluster.Restart(last);
        foreach (var topic in new[] { "waits", "unclean" }) _cluster.WaitForInSync(topic, 0, 3);
        using (var leader = _cluster.ConnectToLeader("waits"))
            Assert.Equal("on the last only", Assert.Single(leader.ReadAll("waits")).Value);
        using (var leader = _cluster.ConnectToLeader("unclean"))
            Assert.Equal("instead", Assert.Single(leader.ReadAll("unclean")).Value);
        _cluster.AssertSameBytesAfterACleanStop("unclean");
    }

    public void Dispose() => _cluster.Dispose();

    private (int Last, int[] Others) LastAndOthers(string topic)
    {
        var last = _cluster.LeaderOf(topic);
        return (last, [.. _cluster.Nodes.Select(node => node.Setup.NodeId).Where(node => node != last)]);
    }
}
