using Engine.Broker.Partitions;
using Engine.Storage.Soundness;

namespace Engine.Broker.Replication;

/// <summary>Brings back from other replicas what this node's disk has damaged.</summary>
internal interface IMending
{
    /// <summary>Asks for a damaged stretch to be mended. From any thread; does not block.</summary>
    /// <returns>Whether that is under way: then whoever wants to read it may ask again soon. False: there is nobody to ask, or it was in vain.</returns>
    bool Request(Partition partition, Damage damage);
}
