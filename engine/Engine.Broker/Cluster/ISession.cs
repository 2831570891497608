namespace Engine.Broker.Cluster;

/// <summary>What the cluster thinks of nodes at this moment; cheap enough to be asked per request.</summary>
internal interface ISession
{
    /// <summary>
    /// Whether this node is registered and may assume that the others count on it. One that was paused or cut off for too long may not:
    /// what it led has new leaders, of which it need not know yet, so it acknowledges nothing and sends clients to look for the leader.
    /// </summary>
    bool IsHeld { get; }

    /// <summary>Whether a node's registration is in force. Neither an earlier run of it nor one taken for dead counts as a replica (KIP-903).</summary>
    bool IsRegistered(int nodeId, long brokerEpoch);
}
