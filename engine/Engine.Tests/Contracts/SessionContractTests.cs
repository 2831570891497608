using Engine.Broker.Metadata;
using Engine.Core.Cluster;
using Engine.Tests.Broker.Metadata;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Contracts;

/// <summary>Who lives and who looks after the others, in every metadata store.</summary>
/// <remarks>Nodes that are killed or stopped are real brokers, started on the same store.</remarks>
public sealed class SessionContractTests
{
    // Deaths are waited for, and a machine that is busy with other tests must not be taken for a dead node.
    private static readonly SessionTimes Times = new(TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(200));

    private static readonly string[] TimesAsOptions = ["--set", "broker.session.timeout.ms=5000", "--set", "broker.heartbeat.interval.ms=200"];

    public static TheoryData<string> All => [.. StoreUnderTest.Available];

    [Theory, MemberData(nameof(All))]
    public void Controller_ThatLeaves_IsFollowedByOneWhoseWatchersHearOfIt(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        var one = cluster.Open(1, Times);
        one.Register(Node(1));
        using var two = cluster.Open(2, Times);
        Assert.Equal((true, false), (one.IsController, two.IsController));
        Assert.Equal((1, 1), (one.ControllerId, two.ControllerId));
        Assert.Equal((true, true), (one.HoldsSession, two.HoldsSession));
        var wasShown = false;
        using var watch = two.Watch(_ => Volatile.Write(ref wasShown, two.IsController));

        one.Dispose();

        Until.True(() => Volatile.Read(ref wasShown), "the other is the controller and was told");
        Assert.Equal(2, two.ControllerId);
        Until.True(() => !two.State.IsAlive(1), "the node that left without a word is recorded as stopped");
    }

    [Theory, MemberData(nameof(All))]
    public void Node_ThatIsKilled_IsRecordedAsStoppedAndMayRegisterAgain(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var watching = cluster.Open(1, Times);
        watching.Register(Node(1));
        using var data = new TemporaryFolder();
        using var broker = BrokerProcess.Start(cluster.Broker(2, data.Path, TimesAsOptions));
        Until.True(() => watching.State.IsAlive(2), "the broker has registered");
        var epoch = watching.State.Brokers[2].Epoch;

        broker.Kill();
        Until.True(() => !watching.State.IsAlive(2), "its end is recorded");

        using var again = broker.Restart();
        Until.True(() => watching.State.IsAlive(2), "it is back");
        Assert.True(watching.State.Brokers[2].Epoch > epoch);
        Assert.True(watching.State.IsAlive(1));
    }

    [Theory, MemberData(nameof(All))]
    public void Controller_ThatIsKilled_IsReplacedAndRecordedAsStopped(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var data = new TemporaryFolder();
        using var broker = BrokerProcess.Start(cluster.Broker(1, data.Path, TimesAsOptions));
        using var other = cluster.Open(2, Times);
        other.Register(Node(2));
        Assert.False(other.IsController);

        broker.Kill();
        Until.True(() => other.IsController, "another controller");
        Until.True(() => !other.State.IsAlive(1), "its end is recorded");
    }

    [Theory, MemberData(nameof(All))]
    public void Controller_ThatIsPaused_IsReplacedAndDisturbsNobodyWhenItWakes(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var data = new TemporaryFolder();
        using var broker = BrokerProcess.Start(cluster.Broker(1, data.Path, TimesAsOptions));
        using var other = cluster.Open(2, Times);
        var epoch = other.Register(Node(2));
        Assert.False(other.IsController);

        broker.Pause();
        Until.True(() => other.IsController, "another controller");
        Until.True(() => !other.State.IsAlive(1), "the paused node is recorded as stopped");
        Assert.True(other.Update(_ => [Topic("meanwhile")]));

        broker.Continue();
        // It reads what happened and acts on it: a hint that its watchers have run comes through the store.
        using var client = new RawClient(broker.ClientEndpoint);
        Until.True(() => client.TryPartition("meanwhile", 0) is not null, "it knows what happened meanwhile");
        Assert.True(other.IsController);
        Assert.Equal((true, epoch), (other.State.IsAlive(2), other.State.Brokers[2].Epoch));
    }

    [Theory, MemberData(nameof(All))]
    public void IsController_WhenASessionIsOverAndBack_WatchersHearOfBoth(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        // A heartbeat comes when the session has been over for as long again, so it is over and back with every one.
        using var store = cluster.Open(1, new SessionTimes(TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(600)));
        var shown = new List<bool>();
        using var watch = store.Watch(_ =>
        {
            lock (shown) shown.Add(store.IsController);
        });

        // Else nothing changes, so nothing else would have the watchers called.
        Until.True(() => { lock (shown) return shown.Count(isController => isController) >= 2; }, "told again that it is the controller");
    }

    [Theory, MemberData(nameof(All))]
    public void Node_ThatIsPausedForLessThanItsSession_StaysAlive(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        var patient = new SessionTimes(TimeSpan.FromMinutes(10), TimeSpan.FromMilliseconds(100));
        using var watching = cluster.Open(1, patient);
        watching.Register(Node(1));
        using var data = new TemporaryFolder();
        using var broker = BrokerProcess.Start(cluster.Broker(2, data.Path, ["--set", "broker.session.timeout.ms=600000", "--set", "broker.heartbeat.interval.ms=100"]));
        Until.True(() => watching.State.IsAlive(2), "the broker has registered");
        var epoch = watching.State.Brokers[2].Epoch;

        broker.Pause();
        watching.Update(_ => [Topic("meanwhile")]);
        Assert.False(watching.WaitForNodes(watching.State.Version, TimeSpan.FromMilliseconds(300))); // three heartbeats are missed, but no session
        broker.Continue();
        watching.Update(_ => [Topic("after")]);
        Assert.True(watching.WaitForNodes(watching.State.Version, TimeSpan.FromSeconds(30)));
        Assert.Equal((true, epoch), (watching.State.IsAlive(2), watching.State.Brokers[2].Epoch));
    }

    private static BrokerRegistered Node(int id) => EmbeddedMetadataStoreTests.Node(id);

    private static TopicCreated Topic(string name) => EmbeddedMetadataStoreTests.Topic(name);
}
