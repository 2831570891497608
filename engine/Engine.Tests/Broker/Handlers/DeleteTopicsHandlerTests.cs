using Engine.Broker.Handlers;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Core.Cluster;

namespace Engine.Tests.Broker.Handlers;

public sealed class DeleteTopicsHandlerTests
{
    private static readonly Guid Id = Guid.NewGuid();

    private readonly MemoryMetadataStore _store = MemoryMetadataStore.OfBrokers(3);

    public DeleteTopicsHandlerTests()
    {
        _store.Append(ClusterStateTests.Topic("t", Id, [1]));
        _store.Append(ClusterStateTests.Topic("kept", Guid.NewGuid(), [1]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Handle_ByNameOrById_DeletesItAndNamesBoth(bool byName)
    {
        var answer = Assert.Single(Delete(byName ? new TopicToDelete("t") : new TopicToDelete(null, Id)));

        Assert.Equal(new DeletedTopic("t", Id, ErrorCode.None), answer);
        Assert.Equal(["kept"], _store.State.Topics.Select(topic => topic.Name));
    }

    [Fact]
    public void Handle_Unknown_SaysWhichWayAndDeletesTheRest()
    {
        var other = Guid.NewGuid();
        var answers = Delete(new("nope"), new(null, other), new("t"));

        Assert.Equal(
            [("nope", ErrorCode.UnknownTopicOrPartition), (null, ErrorCode.UnknownTopicId), ("t", ErrorCode.None)],
            answers.Select(answer => (answer.Name, answer.Error)));
        Assert.Equal(other, answers[1].TopicId);
        Assert.Null(_store.State.FindTopic("t"));
    }

    [Fact]
    public void Handle_NeitherOrBothNameAndId_IsAnInvalidRequest()
    {
        Assert.All(Delete(new TopicToDelete(null), new("t", Id)), answer => Assert.Equal(ErrorCode.InvalidRequest, answer.Error));
        Assert.NotNull(_store.State.FindTopic("t"));
    }

    [Fact]
    public void Handle_TwiceTheSame_IsOneInvalidRequest()
    {
        Assert.Equal(ErrorCode.InvalidRequest, Assert.Single(Delete(new("t"), new("t"))).Error);
        Assert.NotNull(_store.State.FindTopic("t"));
    }

    [Fact]
    public void Handle_OneTopicByNameAndById_DeletesItOnce()
    {
        Assert.All(Delete(new("t"), new(null, Id)), answer => Assert.Equal(ErrorCode.None, answer.Error));
        Assert.Null(_store.State.FindTopic("t"));
    }

    private IReadOnlyList<DeletedTopic> Delete(params TopicToDelete[] topics) =>
        new DeleteTopicsHandler(_store).Handle(new() { Topics = topics }).Topics;
}
