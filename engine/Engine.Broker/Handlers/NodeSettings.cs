using Engine.Core.Cluster;

namespace Engine.Broker.Handlers;

/// <summary>What the answers to clients depend on besides the cluster's state.</summary>
internal sealed record NodeSettings
{
    /// <summary>This node, at least 0.</summary>
    public required int NodeId { get; init; }

    /// <summary>Partitions of a topic whose creator does not say.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Replicas of a partition whose creator does not say.</summary>
    public short DefaultReplicationFactor { get; init; } = 1;

    /// <summary>Whether asking for an unknown topic's metadata creates it.</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>Partitions that the cluster has at most: each costs every replica an open file and some memory.</summary>
    public int MaxPartitions { get; init; } = 50_000;

    /// <summary>What topics have that do not say otherwise.</summary>
    public TopicConfig TopicDefaults { get; init; } = new();

    /// <summary>The resolved strategy of each seam, by the seam's name: <c>flush</c> to <c>interval(period=100ms)</c>.</summary>
    public IReadOnlyDictionary<string, string> Strategies { get; init; } = new Dictionary<string, string>();
}
