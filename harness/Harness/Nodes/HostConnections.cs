using System.Globalization;
using Harness.Plans;
using Harness.Results;

namespace Harness.Nodes;

/// <summary>The connections of a campaign to all hosts its cells name, held from before its first run to after its last.</summary>
internal sealed class HostConnections : IAsyncDisposable
{
    private readonly Dictionary<string, IReadOnlyList<RemoteHost>> _hosts = [];
    private DirectoryInfo? _folder;

    private HostConnections()
    {
    }

    /// <summary>What the hosts are, in the order they are named.</summary>
    public IReadOnlyList<HostFacts> Facts { get; private set; } = [];

    /// <summary>Connects to the hosts of a campaign; of one that names none there are no connections.</summary>
    /// <exception cref="NodeFailedException">One cannot be reached, or no node can be started there.</exception>
    public static async Task<HostConnections> Open(Campaign campaign, CancellationToken stop)
    {
        var connections = new HostConnections();
        try
        {
            foreach (var inventory in campaign.Cells.Select(cell => cell.Cluster.Hosts).OfType<HostInventory>().DistinctBy(inventory => inventory.File))
                await connections.Connect(inventory, stop);
            return connections;
        }
        catch
        {
            await connections.DisposeAsync();
            throw;
        }
    }

    /// <summary>The hosts of an inventory in its order.</summary>
    public IReadOnlyList<RemoteHost> To(HostInventory inventory) => _hosts[inventory.File];

    /// <summary>What the hosts' disks do not hold, a sentence each.</summary>
    /// <param name="campaign">What is measured.</param>
    /// <param name="keepData">Whether every run's data stays.</param>
    /// <param name="stop">Gives up.</param>
    public async Task<IReadOnlyList<string>> DiskProblems(Campaign campaign, bool keepData, CancellationToken stop)
    {
        var problems = new List<string>();
        foreach (var cell in campaign.Cells)
        {
            if (cell.Cluster.Hosts is not { } inventory) continue;

            foreach (var (host, index) in To(inventory).Select((host, index) => (host, index)))
            {
                // A node holds one copy of every partition at most.
                var nodes = Enumerable.Range(1, cell.Cluster.Nodes).Count(node => (node - 1) % inventory.Hosts.Count == index);
                var runs = keepData ? campaign.Runs.Count(run => run.Cell == cell) : 1;
                var share = cell.Disk with { Bytes = cell.Disk.Bytes / cell.Cluster.Replication * nodes * runs };
                if (share.Problem(cell.Facts.Id, $"{host.Name}:{inventory.Hosts[index].Data}", await host.FreeBytes(stop)) is { } problem) problems.Add(problem);
            }
        }

        return problems;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values.SelectMany(hosts => hosts)) await host.DisposeAsync();
        _folder?.Delete(recursive: true);
    }

    private async Task Connect(HostInventory inventory, CancellationToken stop)
    {
        if (await Output.Of("ssh", "-V") is null) throw new NodeFailedException("cluster.hosts needs ssh and scp (Debian: openssh-client)");

        _folder ??= Directory.CreateTempSubdirectory("testbed-ssh-");
        var hosts = new List<RemoteHost>();
        _hosts[inventory.File] = hosts;
        foreach (var host in inventory.Hosts)
        {
            var socket = Path.Combine(_folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{_hosts.Count}-{hosts.Count + 1}"));
            hosts.Add(await RemoteHost.Connect(host, inventory.SshConfig, socket, socket + ".log", stop));
            Facts = [.. Facts, await hosts[^1].Observe(stop)];
        }
    }
}
