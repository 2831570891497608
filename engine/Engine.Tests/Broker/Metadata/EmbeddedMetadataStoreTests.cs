using Engine.Broker.Metadata;
using Engine.Core.Cluster;
using Engine.Core.Strategies;
using Engine.Tests.Core.Cluster;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Broker.Metadata;

public sealed class EmbeddedMetadataStoreTests : IDisposable
{
    private readonly ClusterFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_NewFolder_BeginsAClusterThatKeepsItsId()
    {
        string id;
        using (var store = _folder.Open(1)) id = store.State.ClusterId;
        using var again = _folder.Open(1);

        Assert.Equal(22, id.Length);
        Assert.Equal(id, again.State.ClusterId);
        Assert.Equal(1, again.State.Version);
    }

    [Fact]
    public void Open_AfterARestart_KnowsEverything()
    {
        string before;
        using (var store = _folder.Open(1))
        {
            var epoch = store.Register(Node(1));
            store.Update(_ => [Topic("a"), Topic("b")]);
            store.Update(state => [new TopicDeleted(state.FindTopic("a")!.Id)]);
            store.Update(state => [new PartitionChanged(state.FindTopic("b")!.Id, 0, 1, 0, [1], 1)]);
            store.Update(_ => [new ProducerIdsAllocated(1000)]);
            store.Deregister(1, epoch);
            store.Deregister(1, epoch);
            before = ClusterStateTests.Describe(store.State);
        }

        using var again = _folder.Open(1);
        Assert.Equal(before, ClusterStateTests.Describe(again.State));
        Assert.Equal(8, again.State.Version);
        Assert.False(again.State.IsAlive(1));
    }

    [Fact]
    public void TryAppend_AtAnOlderVersion_IsFalseAndTheStateIsNewer()
    {
        using var one = _folder.Open(1);
        using var two = _folder.Open(2);
        Assert.True(one.TryAppend(1, [Topic("a")]));

        Assert.False(two.TryAppend(1, [Topic("b")]));
        Assert.Equal(2, two.State.Version);
        Assert.True(two.TryAppend(2, [Topic("b")]));
        Assert.False(one.TryAppend(2, [Topic("c")]));
    }

    [Fact]
    public void TryAppend_RecordThatContradicts_ThrowsAndAppendsNothing()
    {
        using var store = _folder.Open(1);
        Assert.Throws<ClusterRecordException>(() => store.TryAppend(1, [Topic("a"), Topic("a")]));
        Assert.Equal(1, store.State.Version);
        Assert.True(store.TryAppend(1, [Topic("a")]));
    }

    [Fact]
    public void WaitForNodes_AnotherNodesWatcherStillRuns_WaitsForIt()
    {
        using var one = _folder.Open(1);
        using var two = _folder.Open(2);
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

    [Fact]
    public async Task Update_TwoNodesRacing_LosesNothingAndBothSeeTheSame()
    {
        using var one = _folder.Open(1);
        using var two = _folder.Open(2);
        one.Update(_ => [Topic("t")]);
        WaitUntil(() => two.State.FindTopic("t") is not null);

        const int each = 100;
        await Task.WhenAll(new[] { one, two }.Select(store => Task.Run(() =>
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

        WaitUntil(() => one.State.Version == 2 + 2 * each && two.State.Version == 2 + 2 * each);
        Assert.Equal(2 * each, one.State.FindTopic("t")!.Partitions[0].LeaderEpoch);
        Assert.Equal(ClusterStateTests.Describe(one.State), ClusterStateTests.Describe(two.State));
    }

    [Fact]
    public async Task Update_ManyThreadsOfOneNode_LosesNothing()
    {
        using var store = _folder.Open(1);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 25; i++)
                store.Update(state => [new ProducerIdsAllocated(state.NextProducerId + 1)]);
        })));
        Assert.Equal(100, store.State.NextProducerId);
    }

    [Fact]
    public void Update_NothingDecided_AppendsNothing()
    {
        using var store = _folder.Open(1);
        Assert.False(store.Update(_ => null));
        Assert.False(store.Update(_ => []));
        Assert.Equal(1, store.State.Version);
    }

    [Fact]
    public void Watch_AnotherNodesChanges_ComeInOrderAndOnOneThread()
    {
        using var one = _folder.Open(1);
        using var two = _folder.Open(2);
        var (versions, threads) = (new List<long>(), new HashSet<int>());
        using var watch = two.Watch(state =>
        {
            lock (versions)
            {
                versions.Add(state.Version);
                threads.Add(Environment.CurrentManagedThreadId);
            }
        });
        Assert.Equal([1], versions);

        for (var i = 0; i < 20; i++) one.Update(_ => [Topic($"t{i}")]);
        WaitUntil(() => { lock (versions) return versions[^1] == 21; });

        Assert.Equal(versions.Order().Distinct(), versions);
        Assert.Single(threads);
    }

    [Fact]
    public void TryAppend_WhenItReturns_EveryWatcherHasSeenIt()
    {
        using var store = _folder.Open(1);
        long first = 0, second = 0;
        using var one = store.Watch(state => { Thread.Sleep(5); Volatile.Write(ref first, state.Version); });
        using var two = store.Watch(state => Volatile.Write(ref second, state.Version));

        for (var version = 1; version < 10; version++)
        {
            Assert.True(store.TryAppend(version, [Topic($"t{version}")]));
            Assert.Equal((version + 1, version + 1), (Volatile.Read(ref first), Volatile.Read(ref second)));
        }
    }

    [Fact]
    public void TryAppend_InsideAWatcher_IsShownAfterwards()
    {
        using var store = _folder.Open(1);
        var seen = new List<long>();
        using var watch = store.Watch(state =>
        {
            seen.Add(state.Version);
            if (state.FindTopic("a") is not null && state.FindTopic("b") is null) store.Update(_ => [Topic("b")]);
        });

        store.Update(_ => [Topic("a")]);
        store.Update(_ => [Topic("c")]);

        Assert.NotNull(store.State.FindTopic("b"));
        Assert.Equal(seen.Order().Distinct(), seen);
        Assert.Equal(4, seen[^1]);
    }

    [Fact]
    public void Watch_Disposed_HearsNothingMore()
    {
        using var store = _folder.Open(1);
        var calls = 0;
        store.Watch(_ => calls++).Dispose();
        store.Update(_ => [Topic("a")]);
        Assert.Equal(1, calls);
    }

    [Fact]
    public void Node_ThatDiesWithoutAWord_IsRecordedAsStopped()
    {
        using var one = _folder.Open(1);
        one.Register(Node(1));
        var two = _folder.Open(2);
        two.Register(Node(2));
        WaitUntil(() => one.State.IsAlive(2));

        // What the kernel does for a process that is killed: the lock goes, nothing is written.
        two.Dispose();

        WaitUntil(() => !one.State.IsAlive(2));
        Assert.True(one.State.IsAlive(1));
    }

    [Fact]
    public void Register_Again_TakesBackWhatTheNodeLedInANewEpoch()
    {
        using var store = _folder.Open(1);
        store.Register(Node(1));
        store.Update(_ => [Topic("t")]);
        var epoch = store.Register(Node(1) with { Port = 5 });

        Assert.Equal((epoch, 5), (store.State.Brokers[1].Epoch, store.State.Brokers[1].Port));
        Assert.Equal((1, 1), (store.State.FindTopic("t")!.Partitions[0].LeaderEpoch, store.State.FindTopic("t")!.Partitions[0].Epoch));
    }

    [Fact]
    public void Open_NodeIdInUse_IsRefusedWithTheProcess()
    {
        using var store = _folder.Open(1);
        var error = Assert.Throws<MetadataException>(() => _folder.Open(1));
        Assert.Contains("node 1", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderOfSomethingElse_IsRefusedAndLeftAlone()
    {
        File.WriteAllText(_folder.PathOf("thesis.txt"), "chapter 1");
        var error = Assert.Throws<MetadataException>(() => _folder.Open(1));
        Assert.Contains("thesis.txt", error.Message, StringComparison.Ordinal);
        Assert.Equal(["thesis.txt"], Directory.EnumerateFileSystemEntries(_folder.PathOf("")).Select(Path.GetFileName));
    }

    [Fact]
    public void Update_TenThousandPartitions_FitOneAppendAndAreReadBack()
    {
        using (var store = _folder.Open(1))
        {
            store.Update(_ => [ClusterStateTests.Topic("big", Guid.NewGuid()) with { Partitions = Assignment.Spread([1, 2, 3], 10_000, 3, 0) }]);
            Assert.InRange(new FileInfo(_folder.Journal).Length, 1, 1 << 20);
        }

        using var again = _folder.Open(1);
        Assert.Equal(10_000, again.State.FindTopic("big")!.Partitions.Count);
        Assert.Equal(3, again.State.FindTopic("big")!.Partitions[9_999].Replicas.Length);
    }

    [Fact]
    public void Catalog_Default_IsEmbeddedWithItsParameters() =>
        Assert.Equal("embedded(compactAt=4MiB)", MetadataStores.Catalog.Resolve(MetadataStores.Catalog.Default));

    [Fact]
    public void Catalog_UnknownParameter_IsRefused() =>
        Assert.Throws<StrategyException>(() => MetadataStores.Catalog.Create("embedded(compact=1MiB)"));

    internal static BrokerRegistered Node(int id) => new(id, 0, "127.0.0.1", 9092 + id, "127.0.0.1", 9192 + id);

    internal static TopicCreated Topic(string name) => ClusterStateTests.Topic(name, Guid.NewGuid(), [1]);

    private static void WaitUntil(Func<bool> condition) => Until.True(condition, "both nodes have seen it");
}
