using System.Net.Sockets;
using Engine.Broker.Metadata;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Processes;

/// <summary>One or more nodes that share a cluster folder, numbered from 1. Disposing kills them and removes their folders.</summary>
internal sealed class BrokerCluster : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly BrokerProcess[] _nodes;
    private readonly Func<int, string> _dataFolder;
    private readonly string _clusterFolder;

    public BrokerCluster(int nodes, params string[] options)
        : this(nodes, folder => options, folder => [])
    {
    }

    /// <param name="nodes">How many.</param>
    /// <param name="options">Further arguments, given the folder that <see cref="Folder"/> names.</param>
    /// <param name="under">A program to run the nodes under, given the same.</param>
    /// <param name="dataFolder">Where a node keeps its logs; null: a folder of its own in <see cref="Folder"/>.</param>
    /// <param name="clusterFolder">The folder that the nodes share; null: one in <see cref="Folder"/>.</param>
    /// <param name="nodeOptions">Arguments that only one node is given.</param>
    public BrokerCluster(
        int nodes, Func<string, string[]> options, Func<string, IReadOnlyList<string>> under, Func<int, string>? dataFolder = null, string? clusterFolder = null,
        Func<int, string[]>? nodeOptions = null)
    {
        _dataFolder = dataFolder ?? (nodeId => _folder.File($"node-{nodeId}"));
        _clusterFolder = clusterFolder ?? _folder.File("cluster");
        _nodes = new BrokerProcess[nodes];
        try
        {
            Parallel.For(0, nodes, new ParallelOptions { MaxDegreeOfParallelism = nodes }, index => _nodes[index] = BrokerProcess.Start(
                new(index + 1, DataFolder(index + 1), _clusterFolder, [.. options(_folder.Path), .. nodeOptions?.Invoke(index + 1) ?? []]) { Under = under(_folder.Path) }));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Folder => _folder.Path;

    public IEnumerable<BrokerProcess> Nodes => _nodes;

    /// <summary>What clients are given to start from.</summary>
    public string Bootstrap => string.Join(',', _nodes.Select(node => node.ClientEndpoint));

    /// <summary>What the nodes have agreed on: none acts on more, and each may still act and answer on less.</summary>
    public ClusterState Agreed => ClusterJournal.Open(_clusterFolder, long.MaxValue).State;

    public string DataFolder(int nodeId) => _dataFolder(nodeId);

    /// <summary>The files of a partition's segments, the oldest first; none before the first append.</summary>
    public IReadOnlyList<string> LogFiles(int nodeId, string topic, int partition = 0) =>
        Path.Combine(DataFolder(nodeId), $"{topic}-{partition}") is var folder && Directory.Exists(folder)
            ? [.. Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal)]
            : [];

    /// <summary>The file of a partition's first segment.</summary>
    public string LogFile(int nodeId, string topic, int partition = 0) =>
        Path.Combine(DataFolder(nodeId), $"{topic}-{partition}", $"{0:D20}.log");

    public BrokerProcess Node(int nodeId) => Volatile.Read(ref _nodes[nodeId - 1]);

    public void Restart(int nodeId) => Volatile.Write(ref _nodes[nodeId - 1], Node(nodeId).Restart());

    /// <summary>A new connection to a node.</summary>
    public RawClient Connect(int nodeId = 1) => new(Node(nodeId).ClientEndpoint);

    /// <summary>A new connection to a partition's leader; null while no node that answers knows a living one that knows it itself.</summary>
    public RawClient? TryConnectToLeader(string topic, int partition = 0)
    {
        foreach (var node in _nodes.Where(node => !node.HasExited))
        {
            try
            {
                using var client = new RawClient(node.ClientEndpoint);
                if (client.TryPartition(topic, partition) is { LeaderId: > 0 and var leader } && !Node(leader).HasExited && Leads(leader, topic, partition))
                    return Connect(leader);
            }
            catch (Exception error) when (error is SocketException or EndOfStreamException or IOException)
            {
                // Just killed or not yet listening: the next one may know.
            }
        }

        return null;
    }

    public RawClient ConnectToLeader(string topic, int partition = 0) =>
        Until.Found(() => TryConnectToLeader(topic, partition), $"a leader of {topic}-{partition}");

    public int LeaderOf(string topic, int partition = 0)
    {
        using var client = Connect(_nodes.First(node => !node.HasExited).Setup.NodeId);
        return client.Partition(topic, partition).LeaderId;
    }

    /// <summary>What the nodes that run say about a partition once another than <paramref name="node"/> leads it.</summary>
    public MetadataPartition LeaderOtherThan(int node, string topic) =>
        Until.Found(() => TryLeaderOtherThan(node, topic), $"a leader of {topic} other than node {node}");

    public MetadataPartition? TryLeaderOtherThan(int node, string topic)
    {
        using var client = Connect(_nodes.First(other => other.Setup.NodeId != node && !other.HasExited).Setup.NodeId);
        return client.TryPartition(topic, 0) is { LeaderId: > 0 } partition && partition.LeaderId != node && Leads(partition.LeaderId, topic, 0) ? partition : null;
    }

    // The others may hear of it first.
    private bool Leads(int node, string topic, int partition)
    {
        try
        {
            using var client = Connect(node);
            return client.TryPartition(topic, partition)?.LeaderId == node;
        }
        catch (Exception error) when (error is SocketException or EndOfStreamException)
        {
            return false; // just killed
        }
    }

    /// <summary>Creates a topic and waits until every node knows its leaders and all replicas are in sync.</summary>
    public void CreateTopic(string name, int partitions = 1, short replicas = 1, params TopicSetting[] settings)
    {
        using (var client = Connect()) Assert.Equal(ErrorCode.None, client.CreateTopic(name, partitions, replicas, settings).Error);
        for (var partition = 0; partition < partitions; partition++) WaitForInSync(name, partition, replicas);
    }

    /// <summary>Waits until every node says that a partition has this many in-sync replicas.</summary>
    public void WaitForInSync(string topic, int partition, int replicas)
    {
        foreach (var node in _nodes.Where(node => !node.HasExited))
        {
            using var client = new RawClient(node.ClientEndpoint);
            MetadataPartition? seen = null;
            Until.True(
                () => (seen = client.TryPartition(topic, partition)) is { LeaderId: > 0 } found && found.InSyncReplicas.Count == replicas,
                () => $"{topic}-{partition} has {replicas} in-sync replicas, node {node.Setup.NodeId} knows [{string.Join(", ", seen?.InSyncReplicas ?? [])}]: {node.Errors}");
        }
    }

    public void Dispose()
    {
        foreach (var node in _nodes) node?.Dispose();
        _folder.Dispose();
    }
}
