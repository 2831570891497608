using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>A batch that is sent again is stored once, also across a restart of the node.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class IdempotenceTests(ThreeNodes three)
{
    private BrokerCluster _cluster = null!;

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void Produce_SameBatchTwice_AnswersTheFirstOffsetAndStoresItOnce(string replication)
    {
        _cluster = three.Of(replication);
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

    [Theory, MemberData(nameof(ThreeNodes.ReplicationsAndStores), MemberType = typeof(ThreeNodes))]
    public void Produce_RetriedOnANewLeader_IsStoredOnceAndInOrder(string way)
    {
        _cluster = three.Of(way);
        _cluster.CreateTopic("once-across", 1, 3, new TopicSetting("min.insync.replicas", "2"));
        var killed = _cluster.LeaderOf("once-across");
        InitProducerIdResponse producer;
        using (var leader = _cluster.Connect(killed))
        {
            producer = leader.InitProducerId();
            for (var sequence = 0; sequence < 7; sequence++) Assert.Equal((ErrorCode.None, sequence), Answer(leader, sequence));
            // Its answer is never read: the producer does not know whether it is stored, and nor do we.
            leader.SendProduce("once-across", 0, Batch(7));
            _cluster.Node(killed).Kill();
        }

        using var successor = _cluster.Connect(_cluster.LeaderOtherThan(killed, "once-across").LeaderId);
        Assert.Equal((ErrorCode.None, 7), Answer(successor, 7));
        Assert.Equal((ErrorCode.None, 7), Answer(successor, 7));
        Assert.Equal((ErrorCode.None, 5), Answer(successor, 5));
        Assert.Equal((ErrorCode.OutOfOrderSequenceNumber, -1), Answer(successor, 9));
        Assert.Equal((ErrorCode.None, 8), Answer(successor, 8));
        Assert.Equal(Enumerable.Range(0, 9).Select(sequence => $"record {sequence}"), successor.ReadAll("once-across").Select(record => record.Value));

        _cluster.Restart(killed);
        _cluster.WaitForInSync("once-across", 0, 3);
        _cluster.AssertSameBytes("once-across");

        (ErrorCode, long) Answer(RawClient leader, int sequence)
        {
            var answer = leader.Produce("once-across", 0, Batch(sequence));
            return (answer.Error, answer.BaseOffset);
        }

        byte[] Batch(int sequence) => new RecordBatch($"record {sequence}")
        {
            ProducerId = producer.ProducerId, ProducerEpoch = producer.ProducerEpoch, BaseSequence = sequence,
        }.ToBytes();
    }

    [Theory, MemberData(nameof(ThreeNodes.Replications), MemberType = typeof(ThreeNodes))]
    public void Produce_SameBatchAfterTheLeaderWasKilled_IsStoredOnce(string replication)
    {
        _cluster = three.Of(replication);
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
