using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Nodes;

/// <summary>Where the nodes of one run are on the hosts of an inventory; takes their folders away in the end.</summary>
/// <param name="inventory">The hosts.</param>
/// <param name="hosts">The connections to them, in the inventory's order.</param>
/// <param name="campaign">The name of the campaign's folder on each.</param>
/// <param name="run">The name of the run's in it.</param>
/// <param name="keep">Whether it stays.</param>
internal sealed class HostPlaces(HostInventory inventory, IReadOnlyList<RemoteHost> hosts, string campaign, string run, bool keep) : IAsyncDisposable
{
    /// <summary>The hosts that nodes may be on.</summary>
    public IReadOnlyList<RemoteHost> Hosts => hosts;

    /// <summary>What of an etcd that is there already is this run's; null: it starts one.</summary>
    public StoreShare? Store { get; } = inventory.Etcd.Count == 0 ? null : new StoreShare(inventory.Etcd, $"/testbed/{campaign}/{run}");

    /// <summary>This machine's address as the hosts see it, unless something between them changes it.</summary>
    public string AddressOfThisMachine
    {
        get
        {
            // Connecting sends nothing here: the kernel looks up its route, and with it the address it would send from.
            using var route = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            route.Connect(IPAddress.Parse(hosts[0].Address), 9);
            return ((IPEndPoint)route.LocalEndPoint!).Address.ToString();
        }
    }

    /// <summary>The node's place on its host.</summary>
    public NodePlace Settle(NodePlace place)
    {
        var host = hosts[(place.NodeId - 1) % hosts.Count];
        var folder = host.DataFolder($"{campaign}/{run}");
        return place with
        {
            Machine = host,
            Host = host.Address,
            DataFolder = string.Create(CultureInfo.InvariantCulture, $"{folder}/node-{place.NodeId}"),
            ClusterFolder = $"{folder}/cluster",
        };
    }

    /// <summary>Writes back what the nodes' file systems hold dirty.</summary>
    public Task WriteBack(CancellationToken stop) => Task.WhenAll(hosts.Select(host => host.WriteBack(stop)));

    public async ValueTask DisposeAsync()
    {
        if (Store is not null) await Store.DisposeAsync();
        if (keep) return;

        foreach (var host in hosts) await host.Remove(campaign, run);
    }
}
