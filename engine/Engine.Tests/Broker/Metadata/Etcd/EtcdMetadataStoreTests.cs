using System.Net;
using System.Net.Sockets;
using System.Text;
using Engine.Broker.Metadata;
using Engine.Broker.Metadata.Etcd;
using Engine.Core.Strategies;
using Engine.Tests.Interop.Processes;
using static Engine.Tests.Broker.Metadata.EmbeddedMetadataStoreTests;

namespace Engine.Tests.Broker.Metadata.Etcd;

/// <summary>What only this store can meet; what holds for every store is in the contracts, which leave this one out where there is no etcd.</summary>
public sealed class EtcdMetadataStoreTests
{
    private static readonly SessionTimes Times = new(TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(200));

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [EtcdFact]
    public void Etcd_KilledAndRestarted_SessionEndsAndTheNodesGoOnWithNothingLost()
    {
        using var server = new EtcdServer();
        var text = server.NewCluster();
        using var one = Open(text, 1);
        using var two = Open(text, 2);
        one.Register(Node(1));
        two.Register(Node(2));
        one.Update(_ => [Topic("before")]);
        Until.True(() => two.State.FindTopic("before") is not null, "the other one hears of it");

        server.Kill();
        Until.True(() => !one.HoldsSession && !two.HoldsSession, "both know that they cannot be heard");
        Assert.False(one.IsController || two.IsController);
        Assert.NotNull(two.State.FindTopic("before"));
        Assert.ThrowsAny<IOException>(() => one.TryAppend(one.State.Version, [Topic("lost")]));

        server.Restart();
        Until.True(() => one.HoldsSession && two.HoldsSession, "both are heard again");
        Until.True(() => one.IsController || two.IsController, "one of them is the controller");
        Assert.True(two.Update(_ => [Topic("after")]));
        Until.True(() => one.State.FindTopic("after") is not null, "the other one hears of it");
        Assert.NotNull(one.State.FindTopic("before"));
        Assert.Null(one.State.FindTopic("lost"));
    }

    [EtcdFact]
    public void Etcd_ThatHangs_SessionEndsAndWhatWasAskedMeanwhileIsInOnceOrNotAtAll()
    {
        using var server = new EtcdServer();
        using var store = Open(server.NewCluster(), 1);
        store.Register(Node(1));
        var version = store.State.Version;

        server.Pause();
        Until.True(() => !store.HoldsSession, "it knows that it cannot be heard");
        // The request lies in the socket of the stopped etcd, which may still carry it out.
        Assert.ThrowsAny<IOException>(() => store.TryAppend(version, [Topic("perhaps")]));

        server.Continue();
        Until.True(() => store.HoldsSession, "it is heard again");
        store.Update(state => state.FindTopic("perhaps") is null ? [Topic("perhaps")] : null);
        store.Update(_ => [Topic("after")]);
        Assert.NotNull(store.State.FindTopic("perhaps"));
        Assert.Equal(version + 2, store.State.Version);
    }

    [EtcdFact]
    public void Watch_HistoryIsCompactedAway_MissesNothing()
    {
        using var server = new EtcdServer();
        using var etcd = server.Connect();
        var text = server.NewCluster("compactAt=4KiB");
        using var one = Open(text, 1);
        using var two = Open(text, 2);
        for (var i = 0; i < 100; i++)
        {
            one.Update(_ => [Topic($"t{i}")]);
            if (i % 25 != 0) continue;
            var now = new EtcdTransaction().Range("/").Send(etcd, Patience).Revision;
            etcd.Call("v3/kv/compaction", Encoding.ASCII.GetBytes($"{{\"revision\":\"{now}\"}}"), Patience);
        }

        Until.True(() => two.State.Version == one.State.Version, "all changes were heard of");
        Assert.Equal(100, two.State.Topics.Count());
        // Snapshots have taken the place of most records.
        var entries = new EtcdTransaction().Range("/test/", EtcdTransaction.EndOf("/test/")).Send(etcd, Patience).Range(0)
            .Count(key => key.Name.Contains("/journal/", StringComparison.Ordinal));
        Assert.InRange(entries, 0, 90);
    }

    [EtcdFact]
    public void Open_SeveralEndpointsAndTheFirstIsDead_UsesTheOther()
    {
        using var dead = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        dead.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // and does not listen: whoever connects is refused
        var port = ((IPEndPoint)dead.LocalEndPoint!).Port;
        var text = EtcdServer.Shared.NewCluster().Replace("endpoints=", $"endpoints=127.0.0.1:{port};", StringComparison.Ordinal);

        using var store = Open(text, 1);
        Assert.True(store.Update(_ => [Topic("a")]));
        Assert.True(store.HoldsSession);
    }

    [EtcdFact]
    public void Journal_EntryThatIsNone_IsRefusedByName()
    {
        var text = EtcdServer.Shared.NewCluster();
        using (var store = Open(text, 1)) store.Update(_ => [Topic("a")]);
        var prefix = EtcdServer.PrefixOf(text);
        using var etcd = EtcdServer.Shared.Connect();
        new EtcdTransaction().Put($"{prefix}/state/journal/{2:D20}", Encoding.ASCII.GetBytes("{\"version\":2}")).Send(etcd, Patience);

        var error = Assert.Throws<MetadataException>(() => Open(text, 1));
        Assert.Contains($"journal/{2:D20}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NobodyAnswers_IsRefusedWithTheEndpoint()
    {
        var error = Assert.Throws<MetadataException>(() => Open("etcd(endpoints=127.0.0.1:1, prefix=/x)", 1));
        Assert.Contains("127.0.0.1:1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"etcdserver\":\"3.3.27\",\"etcdcluster\":\"3.3.0\"}", "3.4 or newer")]
    [InlineData("{\"hello\":\"world\"}", "is no etcd")]
    [InlineData("<html></html>", "is no etcd")]
    public async Task Open_SomethingElseAnswers_IsRefusedByName(string answer, string reason)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var serving = Task.Run(() =>
        {
            using var client = server.AcceptTcpClient();
            var stream = client.GetStream();
            _ = stream.Read(new byte[4096]);
            stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}"));
        });

        var error = Assert.Throws<MetadataException>(() => Open($"etcd(endpoints={server.LocalEndpoint}, prefix=/x)", 1));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        await serving;
    }

    [Fact]
    public void Catalog_Parameters_AreShownWithTheirDefaults() => Assert.Equal(
        "etcd(endpoints=a:1;b:2, prefix=/testbed, compactAt=256KiB)", MetadataStores.Catalog.Resolve("etcd(endpoints=a:1;b:2)"));

    [Theory]
    [InlineData("etcd(endpoints=a b:1)")]
    [InlineData("etcd(prefix=relative)")]
    [InlineData("etcd(prefix=/)")]
    [InlineData("etcd(endpoint=a:1)")]
    public void Catalog_WrongParameter_IsRefused(string text) => Assert.Throws<StrategyException>(() => MetadataStores.Catalog.Create(text));

    private static IMetadataStore Open(string text, int nodeId) => MetadataStores.Catalog.Create(text).Instance("unused", nodeId, Times);
}
