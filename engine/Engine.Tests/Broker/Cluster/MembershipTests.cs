using Engine.Broker.Cluster;
using Engine.Core.Cluster;
using Engine.Tests.Broker.Handlers;
using Engine.Tests.Core.Cluster;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Cluster;

public sealed class MembershipTests
{
    private static readonly Guid Orders = Guid.NewGuid();

    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);

    public MembershipTests() => _store.Append(ClusterStateTests.Topic("orders", Orders, [1, 2, 3], [2, 1, 3]));

    [Fact]
    public void Session_OfARunBefore_IsNotHeld()
    {
        using var membership = new Membership(_store, 1, new());
        Assert.False(membership.IsHeld);

        membership.Join(Node(), mayHaveLost: false);
        Assert.True(membership.IsHeld);
        Assert.True(membership.IsRegistered(1, _store.State.Brokers[1].Epoch));
        Assert.False(membership.IsRegistered(1, 1));
    }

    [Fact]
    public void Join_TakesBackWhatItLed_InANewEpoch()
    {
        using var membership = new Membership(_store, 1, new());
        membership.Join(Node(), mayHaveLost: false);
        Assert.Equal((1, 1), (Partition(0).Leader, Partition(0).LeaderEpoch));
        Assert.Equal((2, 0), (Partition(1).Leader, Partition(1).LeaderEpoch));
    }

    [Fact]
    public void Registration_EndsWhileTheNodeLives_ItRegistersAgainOnceItHasASession()
    {
        using var membership = new Membership(_store, 1, new());
        membership.Join(Node(), mayHaveLost: true);
        var epoch = _store.State.Brokers[1].Epoch;

        _store.HoldsSession = false;
        Assert.True(_store.TryAppend(_store.State.Version, [new BrokerStopped(1, epoch)]));
        Assert.False(membership.IsHeld);
        Assert.False(membership.IsRegistered(1, epoch));

        _store.HoldsSession = true;
        Until.True(() => membership.IsHeld, "it is registered again");
        Assert.True(_store.State.Brokers[1].Epoch > epoch);
        Assert.False(membership.IsRegistered(1, epoch));
    }

    [Fact]
    public void Session_NotHeldThoughRegistered_IsNotHeld()
    {
        using var membership = new Membership(_store, 1, new());
        membership.Join(Node(), mayHaveLost: false);
        _store.HoldsSession = false;
        Assert.False(membership.IsHeld);
    }

    [Fact]
    public void Leave_HandsOverFirst_ThenEndsTheRegistrationAndLeavesTheInSyncSets()
    {
        var leaders = new List<(int Leader, bool Alive, int InSync)>();
        using var membership = new Membership(_store, 1, new());
        membership.Join(Node(), mayHaveLost: false);
        _store.Watch(state => leaders.Add((Partition(0).Leader, state.IsAlive(1), Partition(0).Isr.Length)));
        membership.Leave();

        Assert.Equal([(1, true, 3), (2, true, 3), (2, false, 3), (2, false, 2)], leaders);
        Assert.Equal("2,3", string.Join(",", Partition(1).Isr));
        Assert.False(membership.IsHeld);
    }

    [Fact]
    public void Leave_NobodyElseInSync_StaysTheLeaderToWaitFor()
    {
        using var membership = new Membership(_store, 1, new());
        membership.Join(Node(), mayHaveLost: false);
        _store.Append(Partition(0).WithInSync([1], 1, Orders, 0));
        membership.Leave();

        Assert.Equal((1, "1"), (Partition(0).Leader, string.Join(",", Partition(0).Isr)));
        Assert.False(_store.State.IsAlive(1));
    }

    private static BrokerRegistered Node() => new(1, 0, "host1", 9091, "inner1", 9191);

    private PartitionState Partition(int index) => _store.State.FindTopic(Orders)!.Partitions[index];
}
