using System.Collections.Immutable;
using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Tests.Core.Cluster;

namespace Engine.Tests.Broker.Handlers;

public sealed class CreateTopicsHandlerTests
{
    private const short Latest = 7;

    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);
    private readonly NodeSettings _node = new()
    {
        NodeId = 1, DefaultPartitions = 4, DefaultReplicationFactor = 2, TopicDefaults = new() { RetentionMs = 5000 },
    };

    [Fact]
    public void Handle_CountsAndSettings_CreatesTheTopicAndTellsWhatItGot()
    {
        var answer = Create(new NewTopic
        {
            Name = "orders", PartitionCount = 6, ReplicationFactor = 3, Configs = [new("segment.bytes", "65536")],
        });

        Assert.Equal((ErrorCode.None, 6, (short)3), (answer.Error, answer.PartitionCount, answer.ReplicationFactor));
        var topic = _store.State.FindTopic("orders")!;
        Assert.Equal(topic.Id, answer.TopicId);
        Assert.NotEqual(Guid.Empty, topic.Id);
        Assert.Equal([1, 2, 3, 1, 2, 3], topic.Partitions.Select(partition => partition.Leader));
        Assert.All(topic.Partitions, partition => Assert.Equal(3, partition.Replicas.Length));
        Assert.Equal([new("segment.bytes", "65536")], topic.Config);

        Assert.Equal(TopicConfigKey.All.Count, answer.Configs!.Count);
        Assert.Contains(new CreatedTopicSetting("segment.bytes", "65536", false, ConfigSource.Topic, false), answer.Configs);
        Assert.Contains(new CreatedTopicSetting("retention.ms", "5000", false, ConfigSource.StaticBroker, false), answer.Configs);
        Assert.Contains(new CreatedTopicSetting("cleanup.policy", "delete", false, ConfigSource.Default, false), answer.Configs);
    }

    [Fact]
    public void Handle_NoCounts_UsesTheNodesDefaultsFromVersion4On()
    {
        var answer = Create(new NewTopic { Name = "t" }, version: 4);
        Assert.Equal((ErrorCode.None, 4, (short)2), (answer.Error, answer.PartitionCount, answer.ReplicationFactor));

        Assert.Equal(ErrorCode.InvalidPartitions, Create(new NewTopic { Name = "u", ReplicationFactor = 1 }, version: 3).Error);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Create(new NewTopic { Name = "u", PartitionCount = 1 }, version: 3).Error);
        Assert.Null(_store.State.FindTopic("u"));
    }

    [Theory]
    [InlineData("", 1, 1, ErrorCode.InvalidTopic)]
    [InlineData("..", 1, 1, ErrorCode.InvalidTopic)]
    [InlineData("../x", 1, 1, ErrorCode.InvalidTopic)]
    [InlineData("a b", 1, 1, ErrorCode.InvalidTopic)]
    [InlineData("there", 1, 1, ErrorCode.TopicAlreadyExists)]
    [InlineData("with.dot", 1, 1, ErrorCode.TopicAlreadyExists)]
    [InlineData("with_dot", 1, 1, ErrorCode.InvalidTopic)]
    [InlineData("t", 0, 1, ErrorCode.InvalidPartitions)]
    [InlineData("t", -2, 1, ErrorCode.InvalidPartitions)]
    [InlineData("t", 1, 0, ErrorCode.InvalidReplicationFactor)]
    [InlineData("t", 1, -2, ErrorCode.InvalidReplicationFactor)]
    [InlineData("t", 1, 4, ErrorCode.InvalidReplicationFactor)]
    [InlineData("t", int.MaxValue, 1, ErrorCode.PolicyViolation)]
    public void Handle_BadNameOrCount_IsRefusedWithAReason(string name, int partitions, short factor, ErrorCode error)
    {
        Create(new NewTopic { Name = "there", PartitionCount = 1, ReplicationFactor = 1 });
        Create(new NewTopic { Name = "with.dot", PartitionCount = 1, ReplicationFactor = 1 });
        var before = _store.State;

        var answer = Create(new NewTopic { Name = name, PartitionCount = partitions, ReplicationFactor = factor });

        Assert.Equal((error, name), (answer.Error, answer.Name));
        Assert.False(string.IsNullOrEmpty(answer.ErrorMessage));
        Assert.Equal((-1, (short)-1), (answer.PartitionCount, answer.ReplicationFactor));
        Assert.Same(before, _store.State);
    }

    [Theory]
    [InlineData("flush.messages", "1")]
    [InlineData("segment.bytes", "many")]
    [InlineData("cleanup.policy", "shrink")]
    [InlineData("retention.ms", null)]
    public void Handle_BadSetting_IsInvalidConfigWithWhatIsAllowed(string name, string? value)
    {
        var answer = Create(new NewTopic { Name = "t", Configs = [new(name, value)] });
        Assert.Equal(ErrorCode.InvalidConfig, answer.Error);
        Assert.Equal(TopicConfig.Problem(name, value), answer.ErrorMessage);
    }

    [Fact]
    public void Handle_TooFewBrokersAlive_CountsOnlyTheLiving()
    {
        _store.Append(new BrokerStopped(3, 3));
        Assert.Equal(ErrorCode.InvalidReplicationFactor, Create(new NewTopic { Name = "t", PartitionCount = 1, ReplicationFactor = 3 }).Error);
        Create(new NewTopic { Name = "t", PartitionCount = 4, ReplicationFactor = 2 });
        Assert.All(_store.State.FindTopic("t")!.Partitions, partition => Assert.DoesNotContain(3, partition.Replicas));
    }

    [Fact]
    public void Handle_SameNameTwice_IsOneInvalidRequestAndTheOthersAreCreated()
    {
        var response = Handler.Handle(new() { Topics = [new() { Name = "a" }, new() { Name = "b" }, new() { Name = "a" }] }, Latest);

        Assert.Equal([("a", ErrorCode.InvalidRequest), ("b", ErrorCode.None)], response.Topics.Select(topic => (topic.Name, topic.Error)));
        Assert.Null(_store.State.FindTopic("a"));
        Assert.NotNull(_store.State.FindTopic("b"));
    }

    [Fact]
    public void Handle_SeveralTopics_AreOneAppendAndSpreadOverTheBrokers()
    {
        var topics = Enumerable.Range(0, 6).Select(i => new NewTopic { Name = $"t{i}", PartitionCount = 1, ReplicationFactor = 1 });
        Handler.Handle(new() { Topics = [.. topics] }, Latest);

        Assert.Equal(1, _store.Appends);
        Assert.Equal([1, 1, 2, 2, 3, 3], _store.State.Topics.Select(topic => topic.Partitions[0].Leader).Order());
    }

    [Fact]
    public void Handle_CollidingNamesInOneRequest_SecondIsRefused()
    {
        var response = Handler.Handle(new() { Topics = [new() { Name = "a.b" }, new() { Name = "a_b" }] }, Latest);
        Assert.Equal([ErrorCode.None, ErrorCode.InvalidTopic], response.Topics.Select(topic => topic.Error));
    }

    [Fact]
    public void Handle_Assignments_ArePlacedAsGiven()
    {
        var answer = Create(new NewTopic { Name = "t", Assignments = [new(1, [3, 1]), new(0, [2, 3])] }, version: 2);

        Assert.Equal((ErrorCode.None, 2, (short)2), (answer.Error, answer.PartitionCount, answer.ReplicationFactor));
        Assert.Equal(["2,3", "3,1"], _store.State.FindTopic("t")!.Partitions.Select(partition => string.Join(",", partition.Replicas)));
    }

    public static TheoryData<int, int[][], ErrorCode> BadAssignments => new()
    {
        { 2, [[0, 1]], ErrorCode.InvalidRequest },
        { -1, [[0]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[0, 1, 1]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[0, 9]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[1, 1]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[0, 1], [0, 2]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[0, 1], [2, 2]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[-1, 1], [0, 2]], ErrorCode.InvalidReplicaAssignment },
        { -1, [[0, 1], [1, 2, 3]], ErrorCode.InvalidReplicaAssignment },
    };

    [Theory]
    [MemberData(nameof(BadAssignments))]
    public void Handle_BadAssignment_IsRefused(int count, int[][] partitionThenBrokers, ErrorCode error)
    {
        var answer = Create(new NewTopic
        {
            Name = "t", PartitionCount = count, Assignments = [.. partitionThenBrokers.Select(row => new ReplicaAssignment(row[0], row[1..]))],
        });
        Assert.Equal(error, answer.Error);
        Assert.Null(_store.State.FindTopic("t"));
    }

    [Fact]
    public void Handle_ValidateOnly_AnswersTheSameAndCreatesNothing()
    {
        var request = new CreateTopicsRequest { Topics = [new() { Name = "ok" }, new() { Name = "." }], ValidateOnly = true };
        var answers = Handler.Handle(request, Latest).Topics;

        Assert.Equal([ErrorCode.None, ErrorCode.InvalidTopic], answers.Select(answer => answer.Error));
        Assert.Equal(4, answers[0].PartitionCount);
        Assert.Equal(0, _store.Appends);
    }

    [Fact]
    public void Handle_AnotherNodeIsQuicker_DecidesAgain()
    {
        _store.Rival = ClusterStateTests.Topic("t", Guid.NewGuid(), [2]);
        Assert.Equal(ErrorCode.TopicAlreadyExists, Create(new NewTopic { Name = "t" }).Error);

        _store.Rival = ClusterStateTests.Topic("other", Guid.NewGuid(), [2]);
        Assert.Equal(ErrorCode.None, Create(new NewTopic { Name = "u" }).Error);
    }

    [Fact]
    public void Handle_WhenItAnswers_WatchersHaveSeenTheTopic()
    {
        ImmutableHashSet<string> seen = [];
        using var watch = _store.Watch(state => seen = [.. state.Topics.Select(topic => topic.Name)]);
        Create(new NewTopic { Name = "t" });
        Assert.Contains("t", seen);
    }

    private CreateTopicsHandler Handler => new(_store, _node);

    private CreatedTopic Create(NewTopic topic, short version = Latest) =>
        Assert.Single(Handler.Handle(new() { Topics = [topic] }, version).Topics);
}
