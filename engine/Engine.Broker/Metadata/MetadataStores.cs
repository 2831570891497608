using Engine.Broker.Metadata.Etcd;
using Engine.Core.Strategies;

namespace Engine.Broker.Metadata;

/// <summary>Opens the store that the strategy's parameters describe, for one node of a cluster.</summary>
/// <param name="clusterFolder">The folder that all nodes of the cluster are started with; made when there is none.</param>
/// <param name="nodeId">The node that opens it, at least 0.</param>
/// <param name="times">When a silent node counts as dead: the same for all nodes.</param>
/// <exception cref="MetadataException">The store cannot be used; the message says why.</exception>
internal delegate IMetadataStore OpenMetadataStore(string clusterFolder, int nodeId, SessionTimes times);

/// <summary>The seam "metadata": where the cluster's state is kept and agreed on.</summary>
internal static class MetadataStores
{
    public static readonly StrategyCatalog<OpenMetadataStore> Catalog = new(
        "metadata",
        new StrategyCatalog<OpenMetadataStore>.Entry("embedded", "a journal in a folder that the nodes of one machine share",
            EmbeddedMetadataStore.Create),
        new StrategyCatalog<OpenMetadataStore>.Entry("etcd", "keys of an etcd that the nodes of several machines can reach",
            EtcdMetadataStore.Create));
}

/// <summary>A store that cannot be opened or trusted; the message says what to do.</summary>
internal sealed class MetadataException(string message) : Exception(message);
