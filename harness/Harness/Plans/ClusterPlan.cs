using System.Collections.Immutable;

namespace Harness.Plans;

/// <summary>The cluster a cell is measured on.</summary>
public sealed record ClusterPlan
{
    /// <summary>Broker processes.</summary>
    public int Nodes { get; init; } = 3;

    /// <summary>Copies of each partition, leader included.</summary>
    public int Replication { get; init; } = 3;

    /// <summary>Copies that must be in sync for acks=all to succeed.</summary>
    public int MinInSync { get; init; } = 2;

    /// <summary>Strategy text by seam (<c>flush</c> -> <c>group-commit(maxDelay=2ms)</c>); a seam not named runs on its default.</summary>
    public ImmutableSortedDictionary<string, string> Strategies { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Other broker settings by Kafka's names (<c>segment.bytes</c>); one not named keeps the broker's default.</summary>
    public ImmutableSortedDictionary<string, string> Settings { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public ClusterPlan WithStrategy(string seam, string text) => this with { Strategies = Strategies.SetItem(seam, text) };

    public ClusterPlan WithSetting(string name, string value) => this with { Settings = Settings.SetItem(name, value) };
}
