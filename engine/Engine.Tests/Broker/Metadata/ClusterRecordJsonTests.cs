using System.Buffers;
using System.Text.Json;
using Engine.Broker.Metadata;
using Engine.Core.Cluster;
using Engine.Tests.Core.Cluster;

namespace Engine.Tests.Broker.Metadata;

public sealed class ClusterRecordJsonTests
{
    [Fact]
    public void WhoMayLeadBesideTheInSyncSet_OfAChangeAndOfAWholeTopic_IsReadBack()
    {
        var topic = ClusterStateTests.Topic("t", Guid.NewGuid(), [1, 2, 3]);
        var change = topic.Partitions[0].WithInSync([1], minInSync: 2, topic.Id, 0);
        var state = ClusterState.Empty.Apply(new ClusterCreated("c")).Apply(topic).Apply(change);

        Assert.Equal([2, 3], Assert.IsType<PartitionChanged>(ThroughJson(change)).Eligible.ToArray());
        var whole = Assert.IsType<TopicCreated>(ThroughJson(state.ToRecords().OfType<TopicCreated>().Single()));
        Assert.Equal([2, 3], whole.Partitions[0].Eligible.ToArray());
        Assert.Empty(Assert.IsType<TopicCreated>(ThroughJson(topic)).Partitions[0].Eligible.ToArray());
    }

    private static ClusterRecord ThroughJson(ClusterRecord record)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes)) ClusterRecordJson.Write(json, record);
        using var document = JsonDocument.Parse(bytes.WrittenMemory);
        return ClusterRecordJson.Read(document.RootElement);
    }
}
