using Engine.Protocol.Messages;
using Engine.Tests.Broker.Metadata.Etcd;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Interop.Replication;

/// <summary>A cluster whose nodes agree through etcd survives its etcd too; that it survives its nodes is among <see cref="FailoverTests"/>.</summary>
public sealed class EtcdFailoverTests
{
    [EtcdFact]
    public void Etcd_KilledAndRestartedUnderLoad_NodesGoOnAndNothingAcknowledgedIsLost()
    {
        using var etcd = new EtcdServer();
        using var cluster = new BrokerCluster(3, "--metadata", etcd.NewCluster());
        cluster.CreateTopic("without-etcd", 1, 3, new TopicSetting("min.insync.replicas", "2"));
        cluster.AssertNothingIsLost("without-etcd", producer =>
        {
            etcd.Kill();
            Until.True(() => cluster.Nodes.All(node => node.Errors.Contains("session of this node is over", StringComparison.Ordinal)), "all nodes know that they cannot be heard");
            etcd.Restart();

            producer.WaitForMore(ReplicaChecks.Progress);
            Assert.All(cluster.Nodes, node => Assert.False(node.HasExited));
            cluster.WaitForInSync("without-etcd", 0, 3);
        });
    }
}
