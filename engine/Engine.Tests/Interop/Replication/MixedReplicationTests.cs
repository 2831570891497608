using Engine.Broker.Replication;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Interop.Replication;

/// <summary>Nodes that follow in different ways lead each other all the same: how it comes by records is the follower's choice.</summary>
public sealed class MixedReplicationTests
{
    [Fact]
    public void Cluster_WhoseNodesFollowInDifferentWays_KeepsEverythingAcknowledgedThroughKills()
    {
        var ways = Replications.Catalog.Strategies.Select(strategy => strategy.Name).ToList();
        using var cluster = new BrokerCluster(3, _ => [], _ => [], nodeOptions: node => ["--replication", ways[node % ways.Count]]);
        cluster.CreateTopic("mixed", partitions: 3, replicas: 3);

        cluster.AssertNothingIsLost("mixed", producer =>
        {
            for (var id = 1; id <= 3; id++)
            {
                producer.WaitForMore(ReplicaChecks.Progress);
                cluster.Node(id).Kill();
                cluster.Restart(id);
                for (var partition = 0; partition < 3; partition++) cluster.WaitForInSync("mixed", partition, 3);
            }
        });
    }
}
