using System.Collections.Immutable;
using Engine.Core.Cluster;

namespace Engine.Tests.Core.Cluster;

public sealed class ClusterStateTests
{
    private static readonly Guid Orders = new("00000000-0000-0000-0000-000000000001");

    private static readonly ClusterState Started = ClusterState.Empty
        .Apply(new ClusterCreated("c"))
        .Apply(new BrokerRegistered(1, 2, "h1", 9092, "i1", 9192))
        .Apply(new BrokerRegistered(2, 3, "h2", 9093, "i2", 9193))
        .Apply(Topic("orders", Orders, [1, 2], [2, 1]));

    [Fact]
    public void Apply_EachRecord_CountsOneVersion()
    {
        Assert.Equal(4, Started.Version);
        Assert.Equal("c", Started.ClusterId);
    }

    [Fact]
    public void Topic_Created_IsFoundByNameAndByIdWithItsPreferredLeaders()
    {
        Assert.Same(Started.FindTopic(Orders), Started.FindTopic("orders"));
        var partition = Started.FindTopic("orders")!.Partitions[1];
        Assert.Equal(2, partition.Leader);
        Assert.Equal("2,1", string.Join(",", partition.Isr));
        Assert.Equal((0, 0), (partition.LeaderEpoch, partition.Epoch));
    }

    [Fact]
    public void Topic_DeletedAndCreatedAgain_HasItsNewIdOnly()
    {
        var again = Guid.NewGuid();
        var state = Started.Apply(new TopicDeleted(Orders));
        Assert.Null(state.FindTopic("orders"));
        Assert.Equal((2, 0), (Started.PartitionCount, state.PartitionCount));

        state = state.Apply(Topic("orders", again, [1]));
        Assert.Null(state.FindTopic(Orders));
        Assert.Equal(again, state.FindTopic("orders")!.Id);
    }

    [Fact]
    public void Topic_WithACollidingName_IsRefusedAndTheOtherIsFound()
    {
        var state = Started.Apply(Topic("a.b", Guid.NewGuid(), [1]));

        Assert.Null(state.FindTopic("a_b"));
        Assert.Equal("a.b", state.FindCollision("a_b")!.Name);
        Refused(state, Topic("a_b", Guid.NewGuid(), [1]), "a.b");
    }

    [Fact]
    public void Broker_StoppedAndRegisteredAgain_IsAliveInItsNewEpoch()
    {
        var stopped = Started.Apply(new BrokerStopped(1, 2));
        Assert.False(stopped.IsAlive(1));
        Assert.Equal([2], stopped.LiveBrokers.Select(b => b.NodeId));

        var again = stopped.Apply(new BrokerRegistered(1, 6, "h1", 19092, "i1", 19192));
        Assert.True(again.IsAlive(1));
        Assert.Equal(19092, again.Brokers[1].Port);
    }

    [Fact]
    public void BrokerStopped_OfAnEarlierLife_IsRefused()
    {
        var again = Started.Apply(new BrokerRegistered(1, 5, "h1", 9092, "i1", 9192));
        Refused(again, new BrokerStopped(1, 2), "no such registration");
        Refused(again, new BrokerStopped(7, 1), "no such registration");
        Refused(again, new BrokerRegistered(1, 5, "h1", 9092, "i1", 9192), "epoch 5");
    }

    [Fact]
    public void Partition_Changed_KeepsItsReplicas()
    {
        var partition = Started.Apply(new PartitionChanged(Orders, 0, 2, 1, [2], 1)).FindTopic(Orders)!.Partitions[0];
        Assert.Equal("1,2", string.Join(",", partition.Replicas));
        Assert.Equal((2, 1, 1), (partition.Leader, partition.LeaderEpoch, partition.Epoch));
        Assert.Equal("2", string.Join(",", partition.Isr));
    }

    public static TheoryData<string, int, int, int, int[], int> BadChanges => new()
    {
        { "epoch 0 from 0", 0, 1, 0, [1, 2], 0 },
        { "epoch 2 from 0", 0, 1, 0, [1, 2], 2 },
        { "leader 1 in epoch 0 to 2 in 0", 0, 2, 0, [1, 2], 1 },
        { "leader 1 in epoch 0 to 1 in 2", 0, 1, 2, [1, 2], 1 },
        { "leader 1 in epoch 0 to 1 in -1", 0, 1, -1, [1, 2], 1 },
        { "not in its in-sync set", 0, 1, 0, [2], 1 },
        { "in-sync set is empty", 0, 1, 0, [], 1 },
        { "not a subset", 0, 1, 0, [1, 3], 1 },
        { "not a subset", 0, 1, 0, [1, 1], 1 },
        { "no partition 2", 2, 1, 0, [1, 2], 1 },
        { "no partition -1", -1, 1, 0, [1, 2], 1 },
    };

    [Theory]
    [MemberData(nameof(BadChanges))]
    public void PartitionChanged_NotOnTopOfTheState_IsRefused(string why, int partition, int leader, int leaderEpoch, int[] isr, int epoch) =>
        Refused(Started, new PartitionChanged(Orders, partition, leader, leaderEpoch, [.. isr], epoch), why);

    [Fact]
    public void PartitionChanged_DecidedTwiceOnOneView_SecondIsRefused()
    {
        var change = new PartitionChanged(Orders, 0, 1, 0, [1], 1);
        Refused(Started.Apply(change), change, "epoch 1 from 1");
    }

    [Fact]
    public void Apply_RecordsThatContradict_AreRefused()
    {
        Refused(Started, Topic("orders", Guid.NewGuid(), [1]), "while there is orders");
        Refused(Started, Topic("other", Orders, [1]), "taken");
        Refused(Started, Topic("other", Guid.Empty, [1]), "taken");
        Refused(Started, Topic("other", Guid.NewGuid()), "no partitions");
        Refused(Started, Topic("other", Guid.NewGuid(), [1, 1]), "not distinct");
        Refused(Started, Topic("..", Guid.NewGuid(), [1]), "folder");
        Refused(Started, new TopicDeleted(Guid.NewGuid()), "unknown");
        Refused(Started, new PartitionChanged(Guid.NewGuid(), 0, 1, 0, [1], 1), "unknown");
        Refused(Started, new BrokerRegistered(-1, 9, "h", 1, "h", 2), "negative");
        Refused(Started.Apply(new ProducerIdsAllocated(1000)), new ProducerIdsAllocated(1000), "after 1000");
    }

    [Fact]
    public void Restore_OfItsRecords_IsTheSameState()
    {
        var state = Started
            .Apply(new PartitionChanged(Orders, 1, 2, 1, [2], 1))
            .Apply(new BrokerStopped(1, 2))
            .Apply(new ProducerIdsAllocated(2000))
            .Apply(Topic("b", Guid.NewGuid(), [2]));

        var restored = ClusterState.Restore(state.Version, state.ToRecords());

        Assert.Equal(8, restored.Version);
        Assert.Equal(Describe(state), Describe(restored));
        Assert.False(restored.IsAlive(1));
        Assert.Equal(2000, restored.NextProducerId);
        Assert.Equal(1, restored.FindTopic(Orders)!.Partitions[1].LeaderEpoch);
    }

    [Fact]
    public void Replay_OfRandomHistories_LeadsTwoReadersToTheSameState()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var (state, history) = (Started, new List<ClusterRecord>());
            while (history.Count < 200)
            {
                var record = Some(random, state);
                try
                {
                    state = state.Apply(record);
                    history.Add(record);
                }
                catch (ClusterRecordException)
                {
                }
            }

            Assert.Equal(Describe(state), Describe(history.Aggregate(Started, (s, record) => s.Apply(record))));
            Assert.Equal(4 + 200, state.Version);
        }
    }

    [Fact]
    public void Return_NothingLost_BumpsTheEpochOfWhatTheNodeLedOnly()
    {
        var change = Assert.Single(Leadership.Return(Started, 2, mayHaveLost: false));
        Assert.Equal((1, 2, 1, 1), (change.Partition, change.Leader, change.LeaderEpoch, change.PartitionEpoch));
        Assert.Equal(1, Started.Apply(change).FindTopic(Orders)!.Partitions[1].LeaderEpoch);
        Assert.Empty(Leadership.Return(Started, 3, mayHaveLost: false));
    }

    [Fact]
    public void Return_MayHaveLost_LeavesTheInSyncSetsAndHandsOnWhatItLed()
    {
        var changes = Leadership.Return(Started, 2, mayHaveLost: true).ToList();

        Assert.Equal([(0, 1, 0, 1), (1, 1, 1, 1)], changes.Select(change => (change.Partition, change.Leader, change.LeaderEpoch, change.PartitionEpoch)));
        Assert.All(changes, change => Assert.Equal(1, Assert.Single(change.Isr)));
        _ = changes.Aggregate(Started, (state, change) => state.Apply(change));
    }

    [Fact]
    public void Return_MayHaveLost_PrefersAnHeirThatLives()
    {
        var state = ClusterState.Empty
            .Apply(new BrokerRegistered(3, 2, "h3", 9094, "i3", 9194))
            .Apply(Topic("orders", Orders, [1, 2, 3], [1, 2]));
        var changes = Leadership.Return(state, 1, mayHaveLost: true).ToList();

        // Node 2 is in sync and down: it is waited for.
        Assert.Equal([3, 2], changes.Select(change => change.Leader));
    }

    [Fact]
    public void Return_MayHaveLostAndNobodyElseInSync_LeadsWithWhatItHas()
    {
        var alone = Started.Apply(new PartitionChanged(Orders, 1, 2, 0, [2], 1));

        var change = Assert.Single(Leadership.Return(alone, 2, mayHaveLost: true), change => change.Partition == 1);
        Assert.Equal((2, 1, 2), (change.Leader, change.LeaderEpoch, change.PartitionEpoch));
        Assert.Equal(2, Assert.Single(change.Isr));
    }

    internal static TopicCreated Topic(string name, Guid id, params int[][] replicas) => new(
        name, id, ImmutableSortedDictionary<string, string>.Empty,
        [.. replicas.Select(nodes => PartitionState.New([.. nodes]))]);

    private static ClusterRecord Some(Random random, ClusterState state)
    {
        var topics = state.Topics.OrderBy(topic => topic.Name, StringComparer.Ordinal).ToList();
        var topic = topics.Count == 0 ? null : topics[random.Next(topics.Count)];
        switch (random.Next(6))
        {
            case 0: return Topic($"t{random.Next(5)}", new Guid(random.Next(), 1, 2, new byte[8]), [1, 2], [2, 1], [2]);
            case 1 when topic is not null && random.Next(3) == 0: return new TopicDeleted(topic.Id);
            case 2: return new BrokerRegistered(random.Next(3), state.Version + 1, "h", 1, "i", 2);
            case 3: return new BrokerStopped(random.Next(3), random.NextInt64(state.Version));
            case 4: return new ProducerIdsAllocated(random.Next(100_000));
            default:
                if (topic is null) goto case 4;
                var index = random.Next(topic.Partitions.Count);
                var now = topic.Partitions[index];
                var leader = now.Replicas[random.Next(now.Replicas.Length)];
                return new PartitionChanged(topic.Id, index, leader, now.LeaderEpoch + random.Next(2), [leader], now.Epoch + random.Next(2));
        }
    }

    /// <summary>Everything in it as text: the lists in a record compare by reference.</summary>
    internal static string Describe(ClusterState state) => string.Join('\n', state.ToRecords().Select(record => record switch
    {
        TopicCreated topic => $"{topic.Name} {topic.Id} {string.Join(",", topic.Config)} " + string.Join(" ", topic.Partitions.Select(p =>
            $"[{string.Join(",", p.Replicas)} {p.Leader}/{p.LeaderEpoch} {string.Join(",", p.Isr)} {p.Epoch}]")),
        _ => record.ToString(),
    })) + $"\nversion {state.Version}";

    private static void Refused(ClusterState state, ClusterRecord record, string why)
    {
        var refusal = Assert.Throws<ClusterRecordException>(() => state.Apply(record));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }
}
