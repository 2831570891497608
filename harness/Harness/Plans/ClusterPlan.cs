using System.Collections.Immutable;

namespace Harness.Plans;

/// <summary>The cluster a cell is measured on.</summary>
public sealed record ClusterPlan
{
    /// <summary>The kind of broker, by the name of its <see cref="Systems.ISystemUnderTest"/>.</summary>
    public string System { get; init; } = "testbed";

    /// <summary>How long the nodes are under the plan's load, on topics that go again, before the one that counts is made; null: what the system needs.</summary>
    public TimeSpan? Warmup { get; init; }

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

    /// <summary>Variables that only the nodes are started with (<c>DOTNET_gcServer</c>).</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>What the nodes may use together of memory and page cache, in force once the topic is filled; null: all there is.</summary>
    public long? MemoryLimitBytes { get; init; }

    /// <summary>What each node may use of memory and page cache, from its start on; null: all there is.</summary>
    public long? NodeMemoryBytes { get; init; }

    /// <summary>CPU seconds per second that each node may use, from its start on; null: all there are.</summary>
    public double? CpuQuota { get; init; }

    /// <summary>The CPUs that all nodes run on, as <c>0-1,3</c>; null: any.</summary>
    public string? Cpus { get; init; }

    /// <summary>The machines that the nodes are on, reached over ssh; null: this one.</summary>
    public HostInventory? Hosts { get; init; }

    /// <summary>Where the nodes agree on the cluster's state.</summary>
    public StorePlace Store { get; init; } = StorePlace.Folder;

    /// <summary>How clients' connections are protected.</summary>
    public ClientTls Tls { get; init; }

    /// <summary>What the nodes' data lies on.</summary>
    public DataPlace Data { get; init; } = DataPlace.Disk;

    public ClusterPlan WithStrategy(string seam, string text) => this with { Strategies = Strategies.SetItem(seam, text) };

    public ClusterPlan WithSetting(string name, string value) => this with { Settings = Settings.SetItem(name, value) };

    public ClusterPlan WithEnvironment(string name, string value) => this with { Environment = Environment.SetItem(name, value) };
}

public enum StorePlace
{
    /// <summary>In a folder that all nodes share, or wherever the strategy of the metadata seam says.</summary>
    Folder,

    /// <summary>In an etcd that runs as long as the cluster; in a network of its own where the nodes are in theirs, so that links to it can be cut.</summary>
    Etcd,
}

public enum DataPlace
{
    /// <summary>The folder that <c>--data</c> names.</summary>
    Disk,

    /// <summary>A file system in memory: the same calls, and no disk.</summary>
    Tmpfs,
}
