using Engine.Broker.Metadata;
using Engine.Tests.Broker.Metadata.Etcd;
using Engine.Tests.Contracts;

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

    /// <summary>The same for who is paused; who dies is found dead at once.</summary>
    internal const int SessionTimeoutMs = 3000;

    private readonly Dictionary<string, BrokerCluster> _clusters = [];

    /// <summary>Every registered way for followers to come by records.</summary>
    public static TheoryData<string> Replications => [.. ReplicationNames];

    /// <summary>These, and every other metadata store that can be tried here: for what a leader's end is about.</summary>
    public static TheoryData<string> ReplicationsAndStores =>
        [.. ReplicationNames, .. StoreUnderTest.Available.Where(store => store != MetadataStores.Catalog.Default)];

    private static IEnumerable<string> ReplicationNames => Engine.Broker.Replication.Replications.Catalog.Strategies.Select(strategy => strategy.Name);

    internal BrokerCluster Cluster => Of(Engine.Broker.Replication.Replications.Catalog.Default);

    /// <summary>The three nodes that replicate in this way, or agree through this store; each has its own.</summary>
    internal BrokerCluster Of(string way)
    {
        if (!_clusters.TryGetValue(way, out var cluster))
        {
            string[] times = ["--set", $"replica.lag.time.max.ms={ReplicaLagMaxMs}", "--set", $"broker.session.timeout.ms={SessionTimeoutMs}"];
            _clusters.Add(way, cluster = new(3, [.. OptionsOf(way), .. times]));
        }

        return cluster;
    }

    public void Dispose()
    {
        foreach (var cluster in _clusters.Values) cluster.Dispose();
    }

    private static string[] OptionsOf(string way) => way == "etcd" ? ["--metadata", EtcdServer.Shared.NewCluster()] : ["--replication", way];
}

[CollectionDefinition(OneNode.Tests)]
public sealed class OneNodeTests : ICollectionFixture<OneNode>;

[CollectionDefinition(ThreeNodes.Tests)]
public sealed class ThreeNodesTests : ICollectionFixture<ThreeNodes>;
