using Engine.Broker.Metadata;
using Engine.Core.Cluster;
using Engine.Tests.Broker.Metadata;
using Engine.Tests.Core.Cluster;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Contracts;

/// <summary>What holds for every metadata store, between nodes in one process and in several.</summary>
public sealed class MetadataStoreContractTests
{
    // Long enough that a busy machine is not taken for a dead one.
    private static readonly SessionTimes Times = new(TimeSpan.FromSeconds(6), TimeSpan.FromMilliseconds(200));

    public static TheoryData<string> All => [.. StoreUnderTest.Available];

    [Theory, MemberData(nameof(All))]
    public void Open_NewCluster_HasAnIdThatItKeeps(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        string id;
        using (var store = cluster.Open(1, Times)) id = store.State.ClusterId;
        using var again = cluster.Open(1, Times);

        Assert.Equal(22, id.Length);
        Assert.Equal((id, 1L), (again.State.ClusterId, again.State.Version));
    }

    [Theory, MemberData(nameof(All))]
    public async Task Open_ManyAtOnce_AgreeOnTheCluster(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        var stores = await Task.WhenAll(Enumerable.Range(1, 5).Select(id => Task.Run(() => cluster.Open(id, Times))));

        Assert.Single(stores.Select(store => store.State.ClusterId).Distinct());
        Until.True(() => stores.Count(store => store.IsController) == 1, "one of them is the controller");
        foreach (var store in stores) store.Dispose();
    }

    [Theory, MemberData(nameof(All))]
    public void Open_AfterARestart_KnowsEverything(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        string before;
        using (var store = cluster.Open(1, Times))
        {
            var epoch = store.Register(Node(1));
            store.Update(_ => [Topic("a"), Topic("b")]);
            store.Update(state => [new TopicDeleted(state.FindTopic("a")!.Id)]);
            store.Update(state => [new PartitionChanged(state.FindTopic("b")!.Id, 0, 1, 0, [1], 1)]);
            store.Update(_ => [new ProducerIdsAllocated(1000)]);
            store.Deregister(1, epoch);
            before = ClusterStateTests.Describe(store.State);
        }

        using var again = cluster.Open(1, Times);
        Assert.Equal(before, ClusterStateTests.Describe(again.State));
    }

    [Theory, MemberData(nameof(All))]
    public void Open_NodeIdInUse_IsRefusedByName(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        var times = Times with { Timeout = TimeSpan.FromSeconds(3) }; // some of which the other one is waited for
        using var store = cluster.Open(1, times);
        var error = Assert.Throws<MetadataException>(() => cluster.Open(1, times));
        Assert.Contains("node 1", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(All))]
    public void TryAppend_AtAnOlderVersion_IsFalseAndTheStateIsNewer(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var one = cluster.Open(1, Times);
        using var two = cluster.Open(2, Times);
        Assert.True(one.TryAppend(1, [Topic("a")]));

        Assert.False(two.TryAppend(1, [Topic("b")]));
        Assert.Equal(2, two.State.Version);
        Assert.True(two.TryAppend(2, [Topic("b")]));
        Assert.False(one.TryAppend(2, [Topic("c")]));
        Assert.Equal(3, one.State.Version);
    }

    [Theory, MemberData(nameof(All))]
    public void TryAppend_RecordThatContradicts_ThrowsAndAppendsNothing(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var store = cluster.Open(1, Times);
        Assert.Throws<ClusterRecordException>(() => store.TryAppend(1, [Topic("a"), Topic("a")]));
        Assert.Equal(1, store.State.Version);
        Assert.True(store.TryAppend(1, [Topic("a")]));
    }

    [Theory, MemberData(nameof(All))]
    public void TryAppend_WhenItReturns_EveryWatcherHasSeenIt(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var store = cluster.Open(1, Times);
        long first = 0, second = 0;
        using var one = store.Watch(state => { Thread.Sleep(5); Volatile.Write(ref first, state.Version); });
        using var two = store.Watch(state => Volatile.Write(ref second, state.Version));

        for (var version = 1; version < 10; version++)
        {
            Assert.True(store.TryAppend(version, [Topic($"t{version}")]));
            Assert.Equal((version + 1, version + 1), (Volatile.Read(ref first), Volatile.Read(ref second)));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void TryAppend_InsideAWatcher_IsShownAfterwards(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var store = cluster.Open(1, Times);
        using var watch = store.Watch(state =>
        {
            if (state.FindTopic("a") is not null && state.FindTopic("b") is null) store.Update(_ => [Topic("b")]);
        });

        store.Update(_ => [Topic("a")]);
        store.Update(_ => [Topic("c")]);
        Assert.NotNull(store.State.FindTopic("b"));
    }

    [Theory, MemberData(nameof(All))]
    public async Task Update_NodesRacing_LosesNothingAndAllSeeTheSame(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        var stores = Enumerable.Range(1, 3).Select(id => cluster.Open(id, Times)).ToList();
        stores[0].Update(_ => [Topic("t")]);
        Until.True(() => stores.All(store => store.State.FindTopic("t") is not null), "all know the topic");

        const int each = 40;
        await Task.WhenAll(stores.Select(store => Task.Run(() =>
        {
            for (var i = 0; i < each; i++)
            {
                store.Update(state =>
                {
                    var now = state.FindTopic("t")!.Partitions[0];
                    return [new PartitionChanged(state.FindTopic("t")!.Id, 0, 1, now.LeaderEpoch + 1, now.Isr, now.Epoch + 1)];
                });
            }
        })));

        Until.True(() => stores.All(store => store.State.Version == 2 + 3 * each), "all saw all changes");
        Assert.Equal(3 * each, stores[0].State.FindTopic("t")!.Partitions[0].LeaderEpoch);
        Assert.Single(stores.Select(store => ClusterStateTests.Describe(store.State)).Distinct());
        foreach (var store in stores) store.Dispose();
    }

    [Theory, MemberData(nameof(All))]
    public void Update_TenThousandPartitionsAndAChangeOfEach_AreReadBack(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using (var store = cluster.Open(1, Times))
        {
            store.Update(_ => [ClusterStateTests.Topic("big", Guid.NewGuid()) with { Partitions = Assignment.Spread([1, 2, 3], 10_000, 3, 0) }]);
            store.Update(state =>
            {
                var topic = state.FindTopic("big")!;
                return [.. topic.Partitions.Select((now, index) => new PartitionChanged(topic.Id, index, now.Leader, 1, now.Isr, 1))];
            });
        }

        using var again = cluster.Open(1, Times);
        Assert.Equal(10_002, again.State.Version);
        Assert.All(again.State.FindTopic("big")!.Partitions, partition => Assert.Equal(1, partition.LeaderEpoch));
    }

    [Theory, MemberData(nameof(All))]
    public void Update_SoOftenThatTheJournalIsCompacted_AllNodesGoOn(string name)
    {
        using var cluster = StoreUnderTest.Of(name, "compactAt=4KiB");
        using var one = cluster.Open(1, Times);
        using var two = cluster.Open(2, Times);
        one.Update(_ => [Topic("kept")]);
        for (var i = 0; i < 60; i++)
        {
            var store = i % 2 == 0 ? one : two;
            store.Update(_ => [Topic($"gone{i}")]);
            store.Update(state => [new TopicDeleted(state.FindTopic($"gone{i}")!.Id)]);
        }

        Until.True(() => one.State.Version == 122 && two.State.Version == 122, "both saw all changes");
        using var three = cluster.Open(3, Times);
        Assert.Equal(["kept"], three.State.Topics.Select(topic => topic.Name));
        Assert.Equal((one.State.ClusterId, 122L), (three.State.ClusterId, three.State.Version));
    }

    [Theory, MemberData(nameof(All))]
    public void Watch_AnotherNodesChanges_ComeInOrderAndOnOneThread(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var one = cluster.Open(1, Times);
        using var two = cluster.Open(2, Times);
        var (versions, threads) = (new List<long>(), new HashSet<int>());
        using var watch = two.Watch(state =>
        {
            lock (versions)
            {
                versions.Add(state.Version);
                threads.Add(Environment.CurrentManagedThreadId);
            }
        });

        for (var i = 0; i < 20; i++) one.Update(_ => [Topic($"t{i}")]);
        Until.True(() => { lock (versions) return versions[^1] == 21; }, "the last change was shown");

        Assert.Equal(versions.Order(), versions);
        Assert.Single(threads);
    }

    [Theory, MemberData(nameof(All))]
    public void WaitForNodes_AnotherNodesWatcherStillRuns_WaitsForIt(string name)
    {
        using var cluster = StoreUnderTest.Of(name);
        using var one = cluster.Open(1, Times);
        using var two = cluster.Open(2, Times);
        one.Register(Node(1));
        two.Register(Node(2));
        using var release = new ManualResetEventSlim();
        var held = two.State.Version;
        using var watcher = two.Watch(state =>
        {
            if (state.Version > held) release.Wait();
        });

        one.Update(state => [new ProducerIdsAllocated(state.NextProducerId + 1)]);
        Assert.False(one.WaitForNodes(one.State.Version, TimeSpan.FromMilliseconds(50)));

        release.Set();
        Assert.True(one.WaitForNodes(one.State.Version, TimeSpan.FromSeconds(30)));
    }

    private static BrokerRegistered Node(int id) => EmbeddedMetadataStoreTests.Node(id);

    private static TopicCreated Topic(string name) => EmbeddedMetadataStoreTests.Topic(name);
}
