using System.Globalization;

namespace Harness.Nodes;

/// <summary>A network of its own for the nodes of a run: a namespace each, joined by a bridge that this process is on too. Needs root.</summary>
/// <remarks>
/// A direction is cut by telling the sender a hardware address of the receiver that nobody has (a permanent neighbour entry,
/// ip-neighbour(8)): packets leave and arrive nowhere, and neither end hears a word, as on a real wire. It needs no firewall.
/// </remarks>
internal sealed class NodeNetwork : IAsyncDisposable
{
    /// <summary>The id of this process among the ends of links.</summary>
    public const int Host = 0;

    /// <summary>The id of the metadata store, where the nodes agree by one of the run's own.</summary>
    public const int Store = 253;

    private const string Prefix = "testbed-";
    private const string Nobody = "02:de:ad:00:00:00"; // locally administered, so that no device has it
    private const int HostNumber = 254;
    private const int SubnetCount = 250;
    private const string Interfaces = "/sys/class/net";
    private const string Namespaces = "/run/netns";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly int _subnet;
    private readonly int _nodes;
    private readonly bool _hasStore;
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Sender, int Receiver), int> _cuts = [];

    private NodeNetwork(int subnet, int nodes, bool hasStore) => (_subnet, _nodes, _hasStore) = (subnet, nodes, hasStore);

    private string Bridge => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{_subnet}");

    /// <summary>Makes it.</summary>
    /// <param name="nodes">How many nodes get a place.</param>
    /// <param name="hasStore">Whether a metadata store gets one too.</param>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static async Task<NodeNetwork> Create(int nodes, bool hasStore = false)
    {
        if (Environment.UserName != "root") throw new NodeFailedException("network faults need namespaces, which only root may make: run as root");

        var network = new NodeNetwork(await TakeSubnet(), nodes, hasStore);
        try
        {
            await network.Build();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where a node or the <see cref="Store"/> is reached; this process for <see cref="Host"/>.</summary>
    public string AddressOf(int node) => string.Create(CultureInfo.InvariantCulture, $"10.99.{_subnet}.{(node == Host ? HostNumber : node)}");

    /// <summary>Whose address this is; -1 for nobody's here.</summary>
    public int NodeAt(string address) => Enumerable.Range(0, _nodes + 1).FirstOrDefault(node => AddressOf(node) == address, -1);

    /// <summary>The file that stands for a node's namespace.</summary>
    public string NamespaceOf(int node) => Path.Combine(Namespaces, NameOf(node));

    /// <summary>From now on what the sender sends the receiver is lost.</summary>
    public async Task Cut(int sender, int receiver)
    {
        lock (_lock)
        {
            _cuts[(sender, receiver)] = _cuts.GetValueOrDefault((sender, receiver)) + 1;
            if (_cuts[(sender, receiver)] > 1) return;
        }

        await Ip([.. At(sender), "neigh", "replace", AddressOf(receiver), "lladdr", Nobody, "dev", DeviceOf(sender), "nud", "permanent"]);
    }

    /// <summary>It arrives again, unless another cut still holds.</summary>
    public async Task Restore(int sender, int receiver)
    {
        lock (_lock)
        {
            if (--_cuts[(sender, receiver)] > 0) return;
        }

        await Ip([.. At(sender), "neigh", "del", AddressOf(receiver), "dev", DeviceOf(sender)]);
    }

    public async ValueTask DisposeAsync() => await Remove(_subnet);

    private async Task Build()
    {
        await Ip("addr", "add", AddressOf(Host) + "/24", "dev", Bridge);
        await Ip("link", "set", Bridge, "up");
        foreach (var node in _hasStore ? Enumerable.Range(1, _nodes).Append(Store) : Enumerable.Range(1, _nodes))
        {
            var outside = string.Create(CultureInfo.InvariantCulture, $"tb{_subnet}n{node}");
            await Ip("netns", "add", NameOf(node));
            await Ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", NameOf(node));
            await Ip("link", "set", outside, "master", Bridge, "up");
            await Ip("-n", NameOf(node), "addr", "add", AddressOf(node) + "/24", "dev", "eth0");
            await Ip("-n", NameOf(node), "link", "set", "eth0", "up");
            await Ip("-n", NameOf(node), "link", "set", "lo", "up");
        }
    }

    private string NameOf(int node) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{_subnet}-{node}");

    private string[] At(int node) => node == Host ? [] : ["-n", NameOf(node)];

    private string DeviceOf(int node) => node == Host ? Bridge : "eth0";

    // The kernel lets one process have a name: whoever can make the bridge owns the subnet.
    private static async Task<int> TakeSubnet()
    {
        var problem = "";
        for (var subnet = 1; subnet <= SubnetCount; subnet++)
        {
            var bridge = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{subnet}");
            if (Directory.Exists(Path.Combine(Interfaces, bridge))) continue;

            var (exitCode, _, errors) = await Run("link", "add", bridge, "type", "bridge");
            if (exitCode == 0)
            {
                await Ip("link", "set", bridge, "alias", string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}"));
                return subnet;
            }

            problem = errors.Trim();
            if (!problem.Contains("exists", StringComparison.Ordinal)) break;
        }

        throw new NodeFailedException($"network faults need a bridge, which this machine does not give: {problem}");
    }

    /// <summary>Removes what processes left behind that were killed before they could.</summary>
    public static async Task ReleaseOrphans()
    {
        foreach (var folder in Directory.GetDirectories(Interfaces, Prefix + "*"))
        {
            if (OwnerOf(folder) is not { } owner || Directory.Exists("/proc/" + owner)) continue;
            if (int.TryParse(Path.GetFileName(folder).AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var subnet)) await Remove(subnet);
        }
    }

    private static string? OwnerOf(string folder)
    {
        try
        {
            var alias = File.ReadAllText(Path.Combine(folder, "ifalias")).Trim();
            return alias.StartsWith(Prefix, StringComparison.Ordinal) ? alias[Prefix.Length..] : null;
        }
        catch (IOException)
        {
            return null; // its owner removed it meanwhile
        }
    }

    // What is gone already is no failure. The pairs first: a namespace that a closing connection still holds would keep its own.
    private static async Task Remove(int subnet)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{Prefix}{subnet}");
        foreach (var pair in Directory.GetDirectories(Interfaces, string.Create(CultureInfo.InvariantCulture, $"tb{subnet}n*"))) await Run("link", "del", Path.GetFileName(pair));
        if (Directory.Exists(Namespaces))
            foreach (var file in Directory.GetFiles(Namespaces, name + "-*")) await Run("netns", "del", Path.GetFileName(file));
        await Run("link", "del", name);
    }

    private static async Task Ip(params string[] arguments)
    {
        var (exitCode, _, errors) = await Run(arguments);
        if (exitCode != 0) throw new NodeFailedException($"ip {string.Join(' ', arguments)}: {errors.Trim()}");
    }

    private static Task<(int ExitCode, string Output, string Errors)> Run(params string[] arguments) =>
        Output.Of(new NodeCommand("the network", "ip", arguments, ""), Patience, CancellationToken.None);
}
