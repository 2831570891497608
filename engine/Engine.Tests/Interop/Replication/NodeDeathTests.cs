using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>Nodes die under load and come back: nothing acknowledged is lost, and all replicas end with the same bytes.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class NodeDeathTests(ThreeNodes three)
{
    private const int Progress = ReplicaChecks.Progress;

    private BrokerCluster _cluster = null!;

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void Follower_KilledUnderLoad_IsDroppedAndRejoinsByItselfWithTheSameBytes(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("follower-dies", replicas: 3);
        var leader = _cluster.LeaderOf("follower-dies");
        var follower = _cluster.Nodes.Select(node => node.Setup.NodeId).First(id => id != leader);
        _cluster.AssertNothingIsLost("follower-dies", producer =>
        {
            _cluster.Node(follower).Kill();
            using (var client = _cluster.Connect(leader))
                Until.True(() => !client.Partition("follower-dies", 0).InSyncReplicas.Contains(follower), "the dead follower is dropped");
            producer.WaitForMore(Progress);
            _cluster.Restart(follower);
            _cluster.WaitForInSync("follower-dies", 0, 3);
            producer.WaitForMore(Progress);
        });
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void Leader_KilledUnderLoad_RejoinsWithEverythingAcknowledged(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("leader-dies", replicas: 3);
        var leader = _cluster.LeaderOf("leader-dies");
        _cluster.AssertNothingIsLost("leader-dies", producer =>
        {
            _cluster.Node(leader).Kill();
            _cluster.Restart(leader);
            producer.WaitForMore(Progress);
            _cluster.WaitForInSync("leader-dies", 0, 3);
        });
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void AllNodes_KilledUnderLoad_ComeBackWithEverythingAcknowledged(string replication)
    {
        _cluster = three.Of(replication);
        _cluster.CreateTopic("all-die", replicas: 3);
        _cluster.AssertNothingIsLost("all-die", producer =>
        {
            foreach (var node in _cluster.Nodes) node.Kill();
            Parallel.For(1, 4, _cluster.Restart);
            producer.WaitForMore(Progress);
            _cluster.WaitForInSync("all-die", 0, 3);
        });
    }
}
