using System.Net.Sockets;
using Harness.Faults;
using Harness.Nodes;
using Harness.Tests.Faults;

namespace Harness.Tests.Nodes;

public sealed class NodeStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-store-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [FaultsFact(FaultNeeds.Store)]
    public async Task Start_OnThisHost_AnswersUntilItIsDisposed()
    {
        var store = await NodeStore.Start(_folder, network: null);

        Assert.Contains("\"health\":\"true\"", await Ask(store), StringComparison.Ordinal);
        Assert.Equal($"etcd(endpoints={store.Endpoint})", store.Strategy);

        await store.DisposeAsync();
        Assert.IsType<SocketException>((await Record.ExceptionAsync(() => Ask(store)))?.InnerException);
    }

    [FaultsFact(FaultNeeds.Store | FaultNeeds.Network)]
    public async Task Start_InANetwork_CanBeCutOffFromOneNode()
    {
        await using var network = await NodeNetwork.Create(2, hasStore: true);
        await using var store = await NodeStore.Start(_folder, network);

        Assert.Equal(network.AddressOf(NodeNetwork.Store) + ":2379", store.Endpoint);
        await network.Cut(1, NodeNetwork.Store);
        Assert.False(await Reaches(network, 1, store, seconds: 2));
        Assert.True(await Reaches(network, 2, store));

        await network.Restore(1, NodeNetwork.Store);
        Assert.True(await Reaches(network, 1, store));
    }

    private static async Task<string> Ask(NodeStore store)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri($"http://{store.Endpoint}/health"));
    }

    // By the shell's own sockets, so that nothing has to be installed.
    private static async Task<bool> Reaches(NodeNetwork network, int node, NodeStore store, int seconds = 60) => await Output.Of(
        "nsenter", $"--net={network.NamespaceOf(node)}", "timeout", $"{seconds}", "bash", "-c", $"exec 3<>/dev/tcp/{store.Endpoint.Replace(':', '/')}") is not null;
}
