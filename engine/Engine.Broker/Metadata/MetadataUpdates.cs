using Engine.Core.Cluster;

namespace Engine.Broker.Metadata;

/// <summary>The changes that nodes make, as decisions on a snapshot that are made again when another node was quicker.</summary>
internal static class MetadataUpdates
{
    /// <summary>Appends what <paramref name="decide"/> says about the newest state.</summary>
    /// <param name="store">Where to append.</param>
    /// <param name="decide">May be called many times and must have no effect of its own. Null or no records: leave it.</param>
    /// <returns>Whether records were appended.</returns>
    public static bool Update(this IMetadataStore store, Func<ClusterState, IReadOnlyList<ClusterRecord>?> decide)
    {
        while (true)
        {
            var state = store.State;
            if (decide(state) is not { Count: > 0 } records) return false;
            if (store.TryAppend(state.Version, records)) return true;
        }
    }

    /// <summary>Makes a started node known, and takes back what it led, or hands it on: see <see cref="Leadership.Return"/>.</summary>
    /// <param name="store">Where to append.</param>
    /// <param name="node">Its addresses; the epoch is chosen here.</param>
    /// <param name="mayHaveLost">Whether records that it had acknowledged may be gone from its disk.</param>
    /// <returns>The epoch of this registration, with which <see cref="Deregister"/> ends it.</returns>
    public static long Register(this IMetadataStore store, BrokerRegistered node, bool mayHaveLost = false)
    {
        var epoch = 0L;
        store.Update(state =>
        {
            epoch = state.Version + 1;
            return [node with { BrokerEpoch = epoch }, .. Leadership.Return(state, node.NodeId, mayHaveLost)];
        });
        return epoch;
    }

    /// <summary>Ends a registration, unless it has ended.</summary>
    public static void Deregister(this IMetadataStore store, int nodeId, long brokerEpoch) =>
        store.Update(state => state.Brokers.TryGetValue(nodeId, out var broker) && broker.Alive && broker.Epoch == brokerEpoch
            ? [new BrokerStopped(nodeId, brokerEpoch)]
            : null);
}
