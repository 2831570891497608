using Engine.Core;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>A batch that is sent again is stored once, also across a restart of the node.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class IdempotenceTests(ThreeNodes three)
{
    private readonly BrokerCluster _cluster = three.Cluster;

    [Fact]
    public void Produce_SameBatchTwice_AnswersTheFirstOffsetAndStoresItOnce()
    {
        _cluster.CreateTopic("once", replicas: 3);
        using var leader = _cluster.ConnectToLeader("once");
        var producer = leader.InitProducerId();
        Assert.Equal(ErrorCode.None, producer.Error);
        Assert.NotEqual(producer.ProducerId, leader.InitProducerId().ProducerId);

        var raised = (short)(producer.ProducerEpoch + 1);

        Assert.Equal((ErrorCode.None, 0), Answer(producer.ProducerEpoch, 0, "a", "b"));
        Assert.Equal((ErrorCode.None, 2), Answer(producer.ProducerEpoch, 2, "c"));
        Assert.Equal((ErrorCode.None, 0), Answer(producer.ProducerEpoch, 0, "a", "b"));
        Assert.Equal((ErrorCode.None, 2), Answer(producer.ProducerEpoch, 2, "c"));
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Answer(producer.ProducerEpoch, 5, "after a gap"));
        Assert.Equal((ErrorCode.None, 3), Answer(producer.ProducerEpoch, 3, "d"));
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Answer(raised, 4, "a raised epoch begins at 0"));
        Assert.Equal((ErrorCode.None, 4), Answer(raised, 0, "raised"));
        Assert.Equal((ErrorCode.InvalidProducerEpoch, -1), Answer(producer.ProducerEpoch, 4, "fenced"));

        Assert.Equal(["a", "b", "c", "d", "raised"], leader.ReadAll("once").Select(record => record.Value));

        (ErrorCode, long) Answer(short epoch, int sequence, params string[] values)
        {
            var batch = new RecordBatch(values) { ProducerId = producer.ProducerId, ProducerEpoch = epoch, BaseSequence = sequence };
            var answer = leader.Produce("once", 0, batch.ToBytes());
            return (answer.Error, answer.BaseOffset);
        }
    }

    [Fact]
    public void Produce_SameBatchAfterTheLeaderWasKilled_IsStoredOnce()
    {
        _cluster.CreateTopic("once-more", replicas: 3);
        var leaderId = _cluster.LeaderOf("once-more");
        byte[] batch;
        using (var leader = _cluster.Connect(leaderId))
        {
            var producer = leader.InitProducerId();
            batch = new RecordBatch("only once") { ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, BaseSequence = 0 }.ToBytes();
            Assert.Equal(0, leader.Produce("once-more", 0, batch).BaseOffset);
        }

        _cluster.Node(leaderId).Kill();
        _cluster.Restart(leaderId);

        using var again = _cluster.ConnectToLeader("once-more");
        var answer = again.Produce("once-more", 0, batch);
        Assert.Equal((ErrorCode.None, 0), (answer.Error, answer.BaseOffset));
        Assert.Equal("only once", Assert.Single(again.ReadAll("once-more")).Value);
        _cluster.WaitForInSync("once-more", 0, 3);
    }
}
