using Harness.Load.Wire;
using Harness.Nodes;
using Harness.Plans;

namespace Harness.Systems;

/// <summary>A kind of broker that can be started and put under load. The harness knows it as processes and as a protocol.</summary>
/// <remarks>Supervising, sampling and stopping processes is the same for every system and lives in <see cref="Cluster"/>.</remarks>
public interface ISystemUnderTest
{
    /// <summary>What results and charts call it.</summary>
    string Name { get; }

    /// <summary>Why a cluster cannot be started on this machine at all, and what to do about it; null where it can.</summary>
    string? WhatIsMissing(ClusterPlan cluster) => null;

    /// <summary>What of a plan, beyond its cluster's settings, this system cannot do: a sentence each.</summary>
    IEnumerable<string> Problems(Plan plan) => [];

    /// <summary>Settles what nodes must know of each other before the first of them starts.</summary>
    IReadOnlyList<NodePlace> Arrange(ClusterPlan cluster, IReadOnlyList<NodePlace> places) => places;

    /// <summary>Settings of a topic whose files shall be gone soon after it is deleted, where that takes any.</summary>
    IReadOnlyDictionary<string, string> ShortLivedTopic(ClusterPlan cluster) => new Dictionary<string, string>();

    /// <summary>Whether consumers can join groups, which Kafka's own tools for reading do.</summary>
    bool ServesGroups(ClusterPlan cluster) => true;

    /// <summary>Resolves the settings a cluster would run with, starting nothing and touching no folder.</summary>
    Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop);

    /// <summary>Starts one node and returns when it takes requests.</summary>
    /// <exception cref="NodeFailedException">It refused, ended or was late; nothing of it is left running.</exception>
    Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop);
}

/// <summary>The settings a node would run with, or all reasons why it would not.</summary>
/// <param name="Settings">Every resolved setting by name; empty when there are problems.</param>
/// <param name="Problems">One sentence each, saying what was wrong and what is allowed.</param>
public sealed record SettingsCheck(IReadOnlyDictionary<string, string> Settings, IReadOnlyList<string> Problems)
{
    /// <summary>Time under load that the system's runtime needs before its figures settle.</summary>
    public TimeSpan Warmup { get; init; }

    /// <summary>Of a cell that starts none.</summary>
    public static SettingsCheck NoBroker { get; } = new(new Dictionary<string, string>(), []);
}

/// <summary>Where one node lives.</summary>
/// <param name="NodeId">1 and up.</param>
/// <param name="Port">The port for clients; 0 takes a free one.</param>
/// <param name="DataFolder">Its own folder.</param>
/// <param name="ClusterFolder">The folder all nodes of the cluster share for their metadata.</param>
/// <param name="LogFile">Where what it prints goes.</param>
public sealed record NodePlace(int NodeId, int Port, string DataFolder, string ClusterFolder, string LogFile)
{
    /// <summary>The machine it is on; its folders are paths there, but for the log file.</summary>
    public INodeHost Machine { get; init; } = ThisMachine.Instance;

    /// <summary>The address it listens on, for clients and for brokers.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port for brokers; 0 takes a free one.</summary>
    public int InterBrokerPort { get; init; }

    /// <summary>Where brokers are told to connect, as <c>host:port</c>, when that is not where it listens.</summary>
    public string? AdvertisedInterBroker { get; init; }

    /// <summary>Who votes about metadata, where that is agreed on before the start; null where it is not.</summary>
    public Quorum? Quorum { get; init; }

    /// <summary>What it identifies itself to clients with; null where it speaks plaintext.</summary>
    public TlsFiles? Tls { get; init; }

    /// <summary>A command that its own is put behind, and that becomes it; empty for none.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>The file that stands for the network namespace it runs in; null for this process's own.</summary>
    public string? NetworkNamespace { get; init; }
}

/// <summary>The nodes that keep a cluster's metadata between them.</summary>
/// <param name="ClusterId">What they all are told the cluster is called.</param>
/// <param name="ControllerPort">The port this node listens on for the others.</param>
/// <param name="Voters">All of them, as <c>1@127.0.0.1:40001</c>.</param>
public sealed record Quorum(string ClusterId, int ControllerPort, IReadOnlyList<string> Voters);

/// <summary>A node that takes requests.</summary>
/// <param name="Place">Where it lives, with the port it has.</param>
/// <param name="Process">The process.</param>
/// <param name="Settings">The settings it runs with, as it told itself.</param>
public sealed record Node(NodePlace Place, NodeProcess Process, IReadOnlyDictionary<string, string> Settings)
{
    public int Id => Place.NodeId;

    /// <summary>Its address for clients: <c>127.0.0.1:40001</c>, or <c>ssl://127.0.0.1:40001?ca=FILE</c>.</summary>
    public string Endpoint => BrokerAddress.Text(Place.Host, Place.Port, Place.Tls?.Authority);
}
