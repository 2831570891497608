using Engine.Protocol.Messages;
using Engine.Tests.Broker.Metadata.Etcd;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Interop.Replication;

/// <summary>A cluster whose nodes agree through etcd survives its nodes, and its etcd.</summary>
public sealed class EtcdFailoverTests
{
    private const int Progress = 2000;

    private static readonly TopicSetting TwoInSync = new("min.insync.replicas", "2");

    [EtcdFact]
    public void EveryNode_KilledInTurnUnderLoad_TheControllerToo_NothingAcknowledgedIsLost()
    {
        using var cluster = new BrokerCluster(3, "--metadata", EtcdServer.Shared.NewCluster());
        cluster.CreateTopic("killed-in-turn", 1, 3, TwoInSync);
        using var producer = new SteadyProducer(cluster, "killed-in-turn");
        for (var node = 1; node <= 3; node++)
        {
            producer.WaitForMore(Progress);
            cluster.Node(node).Kill();
            producer.WaitForMore(Progress);
            cluster.Restart(node);
            cluster.WaitForInSync("killed-in-turn", 0, 3);
        }

        cluster.AssertKept(producer.Stop(), "killed-in-turn");
        cluster.AssertSameBytesAfterACleanStop("killed-in-turn");
    }

    [EtcdFact]
    public void Etcd_KilledAndRestartedUnderLoad_NodesGoOnAndNothingAcknowledgedIsLost()
    {
        using var etcd = new EtcdServer();
        using var cluster = new BrokerCluster(3, "--metadata", etcd.NewCluster());
        cluster.CreateTopic("without-etcd", 1, 3, TwoInSync);
        using var producer = new SteadyProducer(cluster, "without-etcd");
        producer.WaitForMore(Progress);

        etcd.Kill();
        Until.True(() => cluster.Nodes.All(node => node.Errors.Contains("session of this node is over", StringComparison.Ordinal)), "all nodes know that they cannot be heard");
        etcd.Restart();

        producer.WaitForMore(Progress);
        Assert.All(cluster.Nodes, node => Assert.False(node.HasExited));
        cluster.WaitForInSync("without-etcd", 0, 3);
        cluster.AssertKept(producer.Stop(), "without-etcd");
        cluster.AssertSameBytesAfterACleanStop("without-etcd");
    }
}
