namespace Engine.Tests.Interop.Processes;

/// <summary>One node with everything as it is by default, shared by the tests that leave it as they found it.</summary>
public sealed class OneNode : IDisposable
{
    public const string Tests = "one node";

    internal BrokerCluster Cluster { get; } = new(1);

    public void Dispose() => Cluster.Dispose();
}

/// <summary>Three nodes, shared by tests that stop and restart them but leave them running and in sync.</summary>
public sealed class ThreeNodes : IDisposable
{
    public const string Tests = "three nodes";

    /// <summary>Long enough for a busy machine, short enough to wait for.</summary>
    internal const int ReplicaLagMaxMs = 3000;

    internal BrokerCluster Cluster { get; } = new(3, "--set", $"replica.lag.time.max.ms={ReplicaLagMaxMs}");

    public void Dispose() => Cluster.Dispose();
}

[CollectionDefinition(OneNode.Tests)]
public sealed class OneNodeTests : ICollectionFixture<OneNode>;

[CollectionDefinition(ThreeNodes.Tests)]
public sealed class ThreeNodesTests : ICollectionFixture<ThreeNodes>;
