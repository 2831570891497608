using Engine.Broker.Cluster;
using Engine.Core.Cluster;
using Engine.Tests.Broker.Handlers;
using Engine.Tests.Core.Cluster;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Cluster;

public sealed class ControllerTests
{
    private static readonly Guid Orders = Guid.NewGuid();

    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);

    public ControllerTests() => _store.Append(ClusterStateTests.Topic("orders", Orders, [1, 2, 3], [2, 3, 1], [3, 1, 2]));

    [Fact]
    public void LeaderStops_AnotherIsRecorded()
    {
        using var controller = new Controller(_store, new(), balanceInterval: null);
        End(1);

        Until.True(() => Leaders() == "2,2,3", () => $"leaders are {Leaders()}");
        Assert.All(_store.State.FindTopic(Orders)!.Partitions, partition => Assert.DoesNotContain(1, partition.Isr));
    }

    [Fact]
    public void AnotherNodeIsTheController_NothingIsRecorded_UntilThisOneIs()
    {
        _store.IsController = false;
        var controller = new Controller(_store, new(), balanceInterval: null);
        End(1);
        controller.Dispose();
        Assert.Equal("1,2,3", Leaders());

        using var other = new Controller(_store, new(), balanceInterval: null);
        _store.IsController = true;
        _store.Show();
        Until.True(() => Leaders() == "2,2,3", () => $"leaders are {Leaders()}");
    }

    [Fact]
    public void AnotherNodeIsQuicker_DecidesAnewOnWhatThatRecorded()
    {
        _store.IsController = false;
        using var controller = new Controller(_store, new(), balanceInterval: null);
        End(1);
        // Node 2 would have been chosen.
        _store.Rival = new BrokerStopped(2, _store.State.Brokers[2].Epoch);
        _store.IsController = true;
        _store.Show();

        Until.True(() => Leaders() == "3,3,3", () => $"leaders are {Leaders()}");
    }

    [Fact]
    public void ManyPartitions_AreChangedInSteps_EachOfWhichStandsAlone()
    {
        var many = Guid.NewGuid();
        _store.Append(ClusterStateTests.Topic("many", many, [.. Enumerable.Repeat(new[] { 1, 2 }, 1200)]));
        using var controller = new Controller(_store, new(), balanceInterval: null);
        var before = _store.Appends;
        End(1);

        Until.True(() => _store.State.FindTopic(many)!.Partitions.All(partition => partition.Leader == 2), "all have a new leader");
        Assert.Equal(1 + 3, _store.Appends - before);
    }

    [Fact]
    public void Balance_PreferredReplicaIsInSyncAgain_LeadsAgain()
    {
        var now = _store.State.FindTopic(Orders)!.Partitions[0];
        _store.Append(now.LedBy(2, Orders, 0));
        using var controller = new Controller(_store, new(), balanceInterval: TimeSpan.FromMilliseconds(1));

        Until.True(() => Leaders() == "1,2,3", () => $"leaders are {Leaders()}");
    }

    private void End(int node) => Assert.True(_store.TryAppend(_store.State.Version, [new BrokerStopped(node, _store.State.Brokers[node].Epoch)]));

    private string Leaders() => string.Join(",", _store.State.FindTopic(Orders)!.Partitions.Select(partition => partition.Leader));
}
