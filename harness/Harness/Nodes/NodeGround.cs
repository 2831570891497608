using System.Globalization;
using Harness.Faults;
using Harness.Measures;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Nodes;

/// <summary>What the nodes of a run stand on beyond folders: other machines, networks, disks, proxies, throttles and a store, as far as the run needs them.</summary>
/// <remarks>Outlives the nodes: none of it can be taken away under a process.</remarks>
internal sealed class NodeGround : IAsyncDisposable
{
    /// <summary>In a namespace of its own every node may have the same.</summary>
    private const int ClientPort = 9092;
    private const int BrokerPort = 9192;

    private readonly List<NodeDisk> _disks = [];
    private readonly List<DiskThrottle> _throttles = [];

    private readonly HostPlaces? _hosts;

    private NodeStore? _store;

    private NodeGround(string folder, HostPlaces? hosts) => (Folder, _hosts) = (folder, hosts);

    /// <summary>For what faults put down.</summary>
    public string Folder { get; }

    public NodeNetwork? Network { get; private set; }

    public NodeLinks? Links { get; private set; }

    /// <summary>Takes down the networks, disks and control groups of processes that were killed before they could, by whom interrupts twice for one.</summary>
    public static async Task ReleaseOrphans()
    {
        if (Environment.UserName != "root") return; // then there are none of its own

        await NodeNetwork.ReleaseOrphans();
        NodeDisk.ReleaseOrphans();
        ControlGroupFolder.ReleaseOrphans();
    }

    /// <summary>Makes what is needed, before any node starts.</summary>
    /// <param name="needs">What the run needs.</param>
    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="folder">Gets the disks and the store's data.</param>
    /// <param name="diskBytes">What each disk holds.</param>
    /// <param name="device">The disk under the folder; null for none.</param>
    /// <param name="hosts">The nodes' places on other machines, which it takes over; null for this one.</param>
    /// <exception cref="NodeFailedException">This machine does not allow it; nothing is left behind.</exception>
    public static async Task<NodeGround> Prepare(FaultNeeds needs, int nodes, string folder, long diskBytes, DeviceNumber? device, HostPlaces? hosts = null)
    {
        var ground = new NodeGround(folder, hosts);
        try
        {
            if (needs.HasFlag(FaultNeeds.Network)) ground.Network = await NodeNetwork.Create(nodes, needs.HasFlag(FaultNeeds.Store));
            if (needs.HasFlag(FaultNeeds.Proxies)) ground.Links = new NodeLinks(ground.Network!, nodes, BrokerPort);
            if (needs.HasFlag(FaultNeeds.Tracer)) await FlushTracer.Check(folder);
            if (needs.HasFlag(FaultNeeds.Store)) ground._store = await NodeStore.Start(folder, ground.Network, hosts?.AddressOfThisMachine ?? NodeStore.Loopback);
            for (var node = 1; node <= nodes; node++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"disk-{node}");
                if (needs.HasFlag(FaultNeeds.Disks))
                    ground._disks.Add(await NodeDisk.Create(Path.Combine(folder, name), diskBytes));
                if (needs.HasFlag(FaultNeeds.Throttle))
                    ground._throttles.Add(DiskThrottle.Create(string.Create(CultureInfo.InvariantCulture, $"node-{node}"), DeviceUnder(ground, node, device)));
            }

            return ground;
        }
        catch
        {
            await ground.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a node lives on this.</summary>
    public NodePlace Settle(NodePlace place)
    {
        if (_hosts is not null) return _hosts.Settle(place);
        if (_disks.Count > 0) place = place with { DataFolder = Path.Combine(Disk(place.NodeId).Path, "node") };
        if (Network is null) return place;

        return place with
        {
            Host = Network.AddressOf(place.NodeId),
            Port = ClientPort,
            InterBrokerPort = BrokerPort,
            NetworkNamespace = Network.NamespaceOf(place.NodeId),
            AdvertisedInterBroker = Links?.Before(place.NodeId).ToString(),
        };
    }

    /// <summary>How nodes are configured on this.</summary>
    public ClusterPlan Settle(ClusterPlan cluster) => (_store?.Strategy ?? _hosts?.Store?.Strategy) is { } strategy ? cluster.WithStrategy("metadata", strategy) : cluster;

    /// <summary>Writes back what nodes elsewhere have written; those of this machine lie in the folder of the run.</summary>
    public Task WriteBack(CancellationToken stop) => _hosts?.WriteBack(stop) ?? Task.CompletedTask;

    /// <summary>The other machines that nodes are on.</summary>
    public IReadOnlyList<RemoteHost> Hosts => _hosts?.Hosts ?? [];

    public NodeDisk Disk(int node) => _disks[node - 1];

    public DiskThrottle Throttle(int node) => _throttles[node - 1];

    public async ValueTask DisposeAsync()
    {
        Links?.Dispose();
        if (_store is not null) await _store.DisposeAsync();
        if (Network is not null) await Network.DisposeAsync();
        foreach (var disk in _disks) await disk.DisposeAsync();
        foreach (var throttle in _throttles) throttle.Dispose();
        if (_hosts is not null) await _hosts.DisposeAsync();
    }

    private static DeviceNumber? DeviceUnder(NodeGround ground, int node, DeviceNumber? shared) =>
        ground._disks.Count > 0 ? DataVolume.Of(ground.Disk(node).Path).Device : shared;
}
