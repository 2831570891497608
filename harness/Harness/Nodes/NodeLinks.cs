using System.Net;

namespace Harness.Nodes;

/// <summary>A proxy before each node's listener for brokers, so that links between brokers can be made worse.</summary>
/// <remarks>Each proxy listens on this process's end of the network and tells by a caller's address which link it is.</remarks>
internal sealed class NodeLinks : IDisposable
{
    private const int FirstPort = 9200;

    private readonly NodeNetwork _network;
    private readonly List<LinkProxy> _proxies = [];
    private readonly Lock _lock = new();
    private readonly List<(object Key, LinkQuality Quality, IReadOnlyList<int> Nodes, IReadOnlyList<int> Peers)> _worse = [];

    /// <param name="network">Where the nodes are.</param>
    /// <param name="nodes">How many.</param>
    /// <param name="brokerPort">Each node's port for brokers.</param>
    public NodeLinks(NodeNetwork network, int nodes, int brokerPort)
    {
        _network = network;
        try
        {
            for (var node = 1; node <= nodes; node++)
            {
                var called = node;
                _proxies.Add(new LinkProxy(Before(node), new IPEndPoint(IPAddress.Parse(network.AddressOf(node)), brokerPort),
                    caller => QualitiesOf(network.NodeAt(caller.ToString()), called)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the others reach a node.</summary>
    public IPEndPoint Before(int node) => new(IPAddress.Parse(_network.AddressOf(NodeNetwork.Host)), FirstPort + node);

    /// <summary>From now on the links between these nodes and those peers are worse.</summary>
    /// <param name="key">Names it to <see cref="Remove"/>.</param>
    /// <param name="quality">By how much.</param>
    /// <param name="nodes">One end.</param>
    /// <param name="peers">The other.</param>
    public void Add(object key, LinkQuality quality, IReadOnlyList<int> nodes, IReadOnlyList<int> peers)
    {
        lock (_lock) _worse.Add((key, quality, nodes, peers));
    }

    /// <summary>They are what they were, but for what else was added.</summary>
    public void Remove(object key)
    {
        lock (_lock) _worse.RemoveAt(_worse.FindIndex(worse => worse.Key.Equals(key)));
    }

    public void Dispose()
    {
        foreach (var proxy in _proxies) proxy.Dispose();
    }

    private IReadOnlyList<LinkQuality> QualitiesOf(int caller, int called)
    {
        lock (_lock)
        {
            if (_worse.Count == 0) return [];

            return [.. _worse.Where(worse => Joins(worse.Nodes, worse.Peers, caller, called)).Select(worse => worse.Quality)];
        }
    }

    private static bool Joins(IReadOnlyList<int> nodes, IReadOnlyList<int> peers, int a, int b) =>
        (nodes.Contains(a) && peers.Contains(b)) || (nodes.Contains(b) && peers.Contains(a));
}
