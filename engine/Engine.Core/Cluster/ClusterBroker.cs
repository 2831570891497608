namespace Engine.Core.Cluster;

/// <summary>A node as its latest registration describes it.</summary>
/// <param name="Alive">False once that registration ended.</param>
public sealed record ClusterBroker(
    int NodeId, long Epoch, string Host, int Port, string InterBrokerHost, int InterBrokerPort, bool Alive);
