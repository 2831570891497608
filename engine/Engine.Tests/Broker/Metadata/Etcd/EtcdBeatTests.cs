using Engine.Broker.Metadata;
using Engine.Broker.Metadata.Etcd;
using Engine.Tests.Interop.Processes;
using static Engine.Tests.Broker.Metadata.EmbeddedMetadataStoreTests;

namespace Engine.Tests.Broker.Metadata.Etcd;

/// <summary>A session is over when its beats stop, and not only when its lease has run out: here leases last for 75 s at least, sessions for three.</summary>
public sealed class EtcdBeatTests : IClassFixture<EtcdOfLongLeases>, IDisposable
{
    private static readonly SessionTimes Times = new(TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(200));
    private static readonly string[] TimesAsOptions = ["--set", "broker.session.timeout.ms=3000", "--set", "broker.heartbeat.interval.ms=200"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly EtcdClient? _etcd;
    private readonly string _text = "";
    private readonly string _prefix = "";
    private readonly TemporaryFolder _data = new();

    public EtcdBeatTests(EtcdOfLongLeases longLeases)
    {
        if (longLeases.Server is not { } server) return;

        (_etcd, _text) = (server.Connect(), server.NewCluster());
        _prefix = EtcdServer.PrefixOf(_text);
    }

    public void Dispose()
    {
        _etcd?.Dispose();
        _data.Dispose();
    }

    [EtcdFact]
    public void Node_ThatIsPaused_IsRecordedAsStoppedWhileItsLeaseStands()
    {
        using var watching = Open(1);
        watching.Register(Node(1));
        using var broker = Start(2);
        Until.True(() => watching.State.IsAlive(2), "the broker has registered");

        broker.Pause();
        try
        {
            Until.True(() => !watching.State.IsAlive(2), "its end is recorded");
            Assert.NotNull(Key("state/nodes/2"));
        }
        finally
        {
            broker.Continue();
        }

        Until.True(() => watching.State.IsAlive(2), "it has registered again");
        Until.True(() => watching.IsController, "the controller stays, or has its seat back"); // a busy machine may hold it up for a session
    }

    [EtcdFact]
    public void Controller_ThatIsPaused_LosesItsSeatWhileItsLeaseStands()
    {
        using var broker = Start(1);
        // Nobody else is there yet: it has the seat, however busy the machine is, and keeps it until another has seen it silent for long.
        Until.True(() => Key("state/controller") is { } seat && seat.Lease == Key("state/nodes/1")?.Lease, "the broker has the seat");
        broker.Pause();
        var lease = Key("state/controller")!.Lease;
        using var other = Open(2);
        try
        {
            Until.True(() => other.IsController, "another controller");
            Assert.Equal(lease, Key("state/nodes/1")!.Lease);
            Assert.NotEqual(lease, Key("state/controller")!.Lease);
        }
        finally
        {
            broker.Continue();
        }

        Until.True(() => other.State.IsAlive(1), "it has registered again");
        Until.True(() => other.IsController, "the new controller stays, or has its seat back");
    }

    [EtcdFact]
    public void Node_ThatWasKilled_StartsAgainWhileItsLeaseStands()
    {
        using var broker = Start(1);
        var lease = Key("state/nodes/1")!.Lease;
        Until.True(() => Key($"beats/{lease}") is not null, "it has been heard");
        broker.Kill();
        using var again = broker.Restart();

        Assert.NotEqual(lease, Key("state/nodes/1")!.Lease);
        Assert.NotNull(Key($"beats/{lease}")); // goes with the lease
    }

    /// <summary>Judged silent, and heard again before that could be recorded.</summary>
    [EtcdFact]
    public void Append_ThatDependsOnASilenceThatIsOver_IsRefused()
    {
        using var store = Open(1);
        var journal = new EtcdJournal(_etcd!, _prefix + "/state/", _prefix + "/beats/", Times, Patience, compactAtBytes: 1 << 20);
        journal.CatchUp();
        var version = journal.State.Version;
        var beat = new EtcdTransaction().Put($"{_prefix}/beats/5", Array.Empty<byte>());
        var (silent, heard) = (beat.Send(_etcd!, Patience).Revision, beat.Send(_etcd!, Patience).Revision);

        Assert.False(journal.TryAppend(version, [Topic("refused")], new EtcdProof($"{_prefix}/beats/5", silent)));
        Assert.False(journal.TryAppend(version, [Topic("refused")], new EtcdProof($"{_prefix}/state/nodes/1", Revision: 0)));
        Assert.Equal(version, journal.State.Version);
        Assert.True(journal.TryAppend(version, [Topic("taken")], new EtcdProof($"{_prefix}/beats/5", heard)));
        Assert.Equal(version + 1, journal.State.Version);
    }

    private IMetadataStore Open(int nodeId) => MetadataStores.Catalog.Create(_text).Instance("unused", nodeId, Times);

    private BrokerProcess Start(int nodeId) =>
        BrokerProcess.Start(new BrokerSetup(nodeId, _data.File($"{nodeId}"), _data.File("unused"), ["--metadata", _text, .. TimesAsOptions]));

    private EtcdKey? Key(string name) => new EtcdTransaction().Range($"{_prefix}/{name}").Send(_etcd!, Patience).Range(0).FirstOrDefault();
}

/// <summary>An etcd whose least lease is one and a half times 50 seconds, where there is one.</summary>
public sealed class EtcdOfLongLeases : IDisposable
{
    internal EtcdServer? Server { get; } = EtcdServer.WhatIsMissing is null ? new EtcdServer("--election-timeout", "50000") : null;

    public void Dispose() => Server?.Dispose();
}
