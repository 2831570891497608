using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Harness.Nodes;

/// <summary>An etcd of a run's own, of one member, by which its nodes agree.</summary>
internal sealed class NodeStore : IAsyncDisposable
{
    public const string Loopback = "127.0.0.1";

    private const int PortInNamespace = 2379;

    // etcd does not watch its input as nodes do: a shell does it for it, so that it is gone when this process is, however it went.
    private const string UntilInputEnds = "\"$@\" & cat > /dev/null; kill -KILL $!; wait";

    private static readonly TimeSpan ReadyDeadline = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan EndDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(50);

    private readonly NodeProcess _process;

    private NodeStore(NodeProcess process, string endpoint) => (_process, Endpoint) = (process, endpoint);

    /// <summary>Where nodes reach it: <c>10.99.1.253:2379</c>.</summary>
    public string Endpoint { get; }

    /// <summary>The metadata seam's strategy for nodes that agree by it.</summary>
    public string Strategy => $"etcd(endpoints={Endpoint})";

    /// <summary>Starts it and returns when it answers.</summary>
    /// <param name="folder">Gets its data and its log.</param>
    /// <param name="network">Where the nodes are, with a place for a store; null for this process's own network.</param>
    /// <param name="host">The address it is reached by in this process's own network.</param>
    /// <exception cref="NodeFailedException">There is no etcd, or it does not run here.</exception>
    public static async Task<NodeStore> Start(string folder, NodeNetwork? network, string host = Loopback)
    {
        if (await Output.Of("etcd", "--version") is null) throw new NodeFailedException("a metadata store of the run's own needs etcd (Debian: etcd-server)");

        var (address, port, peerPort) = network is null ? (host, FreePort(), FreePort()) : (network.AddressOf(NodeNetwork.Store), PortInNamespace, PortInNamespace + 1);
        var endpoint = string.Create(CultureInfo.InvariantCulture, $"{address}:{port}");
        var (clients, peers) = ($"http://{endpoint}", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{peerPort}"));
        string[] etcd =
        [
            "etcd", "--data-dir", Path.Combine(folder, "store"), "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}",
        ];
        string[] inNamespace = network is null ? [] : ["nsenter", $"--net={network.NamespaceOf(NodeNetwork.Store)}"];
        var command = new NodeCommand("the metadata store", "sh", ["-c", UntilInputEnds, "store", .. inNamespace, .. etcd], Path.Combine(folder, "store.log"));
        var store = new NodeStore(NodeProcess.Start(command), endpoint);
        try
        {
            await store.WaitUntilReady();
            return store;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Input.Close();
        await _process.Exited.WaitAsync(EndDeadline);
        await _process.DisposeAsync();
    }

    private async Task WaitUntilReady()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        for (var until = DateTime.UtcNow + ReadyDeadline; ; await Task.Delay(AskAgainAfter))
        {
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://{Endpoint}/health"));
                if (answer.IsSuccessStatusCode) return;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or TaskCanceledException)
            {
                // Starting, or electing itself.
            }

            if (DateTime.UtcNow > until) throw new NodeFailedException($"the metadata store was not ready after {ReadyDeadline.TotalSeconds:0} s:\n{_process.LogTail}");
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
