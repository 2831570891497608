using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Core.Cluster;
using Engine.Protocol.Messages;
using Engine.Tests.Core.Cluster;

namespace Engine.Tests.Broker.Handlers;

public sealed class MetadataHandlerTests
{
    private static readonly Guid Id = Guid.NewGuid();

    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);

    public MetadataHandlerTests() => _store.Append(ClusterStateTests.Topic("t", Id, [1, 2], [2, 3]));

    [Fact]
    public void Handle_Always_TellsTheClusterAndItsLiveBrokers()
    {
        _store.Append(new BrokerStopped(1, 1));
        var response = Ask(named: []);

        Assert.Equal("test-cluster", response.ClusterId);
        Assert.Equal([new(2, "host2", 9092), new(3, "host3", 9093)], response.Brokers);
        Assert.Equal(int.MinValue, response.ClusterAuthorizedOperations);
        Assert.Empty(response.Topics);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(1, 2)] // dead: any live one will do
    [InlineData(-1, 2)]
    public void Handle_Controller_IsTheOneThatLooksAfterTheOthersWhileItLives(int controller, int told)
    {
        _store.ControllerId = controller;
        _store.Append(new BrokerStopped(1, 1));
        Assert.Equal(told, Ask(named: []).ControllerId);
    }

    [Fact]
    public void Handle_AllTopics_ListsThemByNameAndCreatesNone()
    {
        _store.Append(ClusterStateTests.Topic("a", Guid.NewGuid(), [1]));
        var response = new MetadataHandler(_store, () => _store.State, Node()).Handle(new() { Topics = null });

        Assert.Equal(["a", "t"], response.Topics.Select(topic => topic.Name));
        Assert.Equal(0, _store.Appends);
    }

    [Fact]
    public void Handle_Topic_TellsItsPartitions()
    {
        _store.Append(new PartitionChanged(Id, 1, 2, 1, [2], 1));
        var topic = Assert.Single(Ask(new MetadataRequestTopic("t")).Topics);

        Assert.Equal((ErrorCode.None, Id, false, int.MinValue), (topic.Error, topic.TopicId, topic.IsInternal, topic.AuthorizedOperations));
        var partition = topic.Partitions[1];
        Assert.Equal((ErrorCode.None, 1, 2, 1), (partition.Error, partition.Partition, partition.LeaderId, partition.LeaderEpoch));
        Assert.Equal([2, 3], partition.Replicas.AsEnumerable());
        Assert.Equal([2], partition.InSyncReplicas.AsEnumerable());
        Assert.Empty(partition.OfflineReplicas);
    }

    [Fact]
    public void Handle_LeaderStopped_HasNoLeaderAndTellsTheOfflineReplica()
    {
        _store.Append(new BrokerStopped(1, 1));
        var partitions = Assert.Single(Ask(new MetadataRequestTopic("t")).Topics).Partitions;

        Assert.Equal((ErrorCode.LeaderNotAvailable, -1), (partitions[0].Error, partitions[0].LeaderId));
        Assert.Equal([1], partitions[0].OfflineReplicas);
        Assert.Equal((ErrorCode.None, 2), (partitions[1].Error, partitions[1].LeaderId));
    }

    [Fact]
    public void Handle_MissingTopic_IsCreatedAndReadyAtOnce()
    {
        var node = Node() with { DefaultPartitions = 3, DefaultReplicationFactor = 2 };
        var response = new MetadataHandler(_store, () => _store.State, node).Handle(new() { Topics = [new("new"), new("t"), new("new")] });

        Assert.Equal([("new", ErrorCode.None), ("t", ErrorCode.None)], response.Topics.Select(topic => (topic.Name, topic.Error)));
        Assert.Equal(3, response.Topics[0].Partitions.Count);
        Assert.All(response.Topics[0].Partitions, partition => Assert.Equal((ErrorCode.None, 2), (partition.Error, partition.Replicas.Count)));
        Assert.Equal(_store.State.FindTopic("new")!.Id, response.Topics[0].TopicId);
        Assert.Equal(1, _store.Appends);
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Handle_MissingTopicThatMayNotBeCreated_IsUnknown(bool brokerAllows, bool clientAllows)
    {
        var handler = new MetadataHandler(_store, () => _store.State, Node() with { AutoCreateTopics = brokerAllows });
        var response = handler.Handle(new() { Topics = [new("new"), new("a/b")], AllowAutoTopicCreation = clientAllows });

        Assert.Equal([ErrorCode.UnknownTopicOrPartition, ErrorCode.InvalidTopic], response.Topics.Select(topic => topic.Error));
        Assert.Equal(0, _store.Appends);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData(null)]
    public void Handle_NameThatIsNone_IsInvalid(string? name)
    {
        var topic = Assert.Single(Ask(new MetadataRequestTopic(name)).Topics);
        Assert.Equal((ErrorCode.InvalidTopic, name ?? ""), (topic.Error, topic.Name));
        Assert.Equal(0, _store.Appends);
    }

    [Fact]
    public void Handle_TopicThatCannotBeCreated_SaysWhy()
    {
        _store.Append(ClusterStateTests.Topic("a.b", Guid.NewGuid(), [1]));
        var collides = new MetadataHandler(_store, () => _store.State, Node()).Handle(new() { Topics = [new("a_b")] });
        var tooMany = new MetadataHandler(_store, () => _store.State, Node() with { DefaultReplicationFactor = 4 }).Handle(new() { Topics = [new("new")] });

        Assert.Equal(ErrorCode.InvalidTopic, collides.Topics[0].Error);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, tooMany.Topics[0].Error);
    }

    [Fact]
    public void Handle_ById_FindsItOrSaysUnknownIdAndNeverCreates()
    {
        var unknown = Guid.NewGuid();
        var response = Ask(new(null, Id), new(null, unknown));

        Assert.Equal(("t", Id, ErrorCode.None), (response.Topics[0].Name, response.Topics[0].TopicId, response.Topics[0].Error));
        Assert.Equal((null, unknown, ErrorCode.UnknownTopicId), (response.Topics[1].Name, response.Topics[1].TopicId, response.Topics[1].Error));
        Assert.Equal(0, _store.Appends);
    }

    [Fact]
    public void Handle_AnotherNodeCreatesItFirst_AnswersWithThatTopic()
    {
        var id = Guid.NewGuid();
        _store.Rival = ClusterStateTests.Topic("new", id, [3]);
        Assert.Equal((ErrorCode.None, id), (Ask(new MetadataRequestTopic("new")).Topics[0].Error, _store.State.FindTopic("new")!.Id));
    }

    private MetadataResponse Ask(params MetadataRequestTopic[] named) => new MetadataHandler(_store, () => _store.State, Node()).Handle(new() { Topics = named });

    private static NodeSettings Node() => new() { NodeId = 1 };
}
