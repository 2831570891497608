using Engine.Broker.Partitions;
using Engine.Core.Strategies;

namespace Engine.Broker.Replication;

/// <summary>How followers come by the leader's records: the replication seam.</summary>
internal interface IReplication : IDisposable
{
    /// <summary>
    /// Says which partitions this node follows and where their leaders listen. Called with the whole picture after each change;
    /// one call at a time.
    /// </summary>
    void Follow(IReadOnlyList<Followed> followed);
}

/// <summary>A partition that this node follows.</summary>
/// <param name="BrokerEpoch">This node's registration: leaders take acknowledgements of the one in force only.</param>
/// <param name="LeaderNode">The node that leads it.</param>
/// <param name="LeaderHost">Where that node's inter-broker listener is.</param>
/// <param name="LeaderPort">Its port.</param>
internal readonly record struct Followed(Partition Partition, long BrokerEpoch, int LeaderNode, string LeaderHost, int LeaderPort);

/// <summary>Makes the strategy for one node.</summary>
internal delegate IReplication CreateReplication(int nodeId);

/// <summary>The strategies of the replication seam.</summary>
internal static class Replications
{
    public static StrategyCatalog<CreateReplication> Catalog { get; } = new(
        "replication",
        new StrategyCatalog<CreateReplication>.Entry("pull", "each follower fetches from its leaders; its fetch offset is its acknowledgement", PullReplication.Create),
        new("push", "each leader sends its followers what was appended; they acknowledge while more is on its way", PushReplication.Create));
}
