using Harness.Load;

namespace Harness.Tests.Load;

public sealed class AdminClientTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    [Fact]
    public void CreateAndDelete_AskForWhatIsWanted()
    {
        using var broker = new FakeBroker();
        using var admin = new AdminClient([broker.Address], Timeout);
        admin.CreateTopic("other", 12, 3, new Dictionary<string, string> { ["min.insync.replicas"] = "2" });
        admin.DeleteTopic("other");
        Assert.Equal(["create other 12x3 min.insync.replicas=2", "delete other"], broker.TopicChanges);
    }

    [Fact]
    public void CreateTopic_ThatExists_SaysSo()
    {
        using var broker = new FakeBroker();
        using var admin = new AdminClient([broker.Address], Timeout);
        var problem = Assert.Throws<LoadException>(() => admin.CreateTopic(FakeBroker.Topic, 1, 1));
        Assert.Contains("TopicAlreadyExists", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WaitUntilReady_ReturnsForATopicWithLeadersAndGivesUpOnOneWithout()
    {
        using var broker = new FakeBroker(partitions: 3);
        using var admin = new AdminClient([broker.Address], Timeout);
        admin.WaitUntilReady(FakeBroker.Topic, Timeout);
        Assert.Equal([0, 0, 0], admin.EndOffsets(FakeBroker.Topic));
        Assert.Equal(3, admin.DescribeTopic(FakeBroker.Topic).Partitions.Count);

        var problem = Assert.Throws<LoadException>(() => admin.WaitUntilReady("none", TimeSpan.FromMilliseconds(120)));
        Assert.Contains("UnknownTopicOrPartition", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bootstrap_WithADeadBroker_AsksTheNext()
    {
        using var broker = new FakeBroker();
        using var admin = new AdminClient(["127.0.0.1:1", broker.Address], Timeout);
        Assert.Single(admin.EndOffsets(FakeBroker.Topic));
    }
}
