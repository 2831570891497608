using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Partitions;

/// <summary>A follower whose tail was cut to agree with its leader's, and which leads then itself.</summary>
public sealed class FollowerTruncationTests
{
    [Fact]
    public void Retry_OfABatchThatWasCutAndOfOneThatWasKept_IsStoredOnceEach()
    {
        using var old = new InProcessBroker([1, 2]);
        using var node = new InProcessBroker([2, 1], leader: 2);
        var (kept, cut) = (Batch(0), Batch(1));
        Assert.Equal((0L, 1L), (old.Partition.Produce(kept, AckRules.Leader).BaseOffset, old.Partition.Produce(cut, AckRules.Leader).BaseOffset));
        Assert.True(old.Partition.Log.TryRead(0, long.MaxValue, int.MaxValue, true, out var slice));
        Assert.True(node.Partition.ReplicaAppend(node.Partition.Position(), ScratchLog.Take(slice), leaderHighWatermark: 1));

        node.Partition.ReplicaDiverged(node.Partition.Position(), new EpochEnd(0, 1));
        Assert.Equal(1, node.Partition.Log.EndOffset);
        node.Partition.Update(new PartitionAssignment(Leader: 1, LeaderEpoch: 1, PartitionEpoch: 1, [2, 1], [1]));

        Assert.Equal((ErrorCode.None, 1L), Answer(Batch(1)));
        Assert.Equal((ErrorCode.None, 0L), Answer(Batch(0)));
        Assert.Equal((ErrorCode.None, 1L), Answer(Batch(1)));
        Assert.Equal((ErrorCode.None, 2L), Answer(Batch(2)));
        Assert.Equal(3, node.Partition.Log.EndOffset);

        (ErrorCode, long) Answer(byte[] batch)
        {
            var outcome = node.Partition.Produce(batch, AckRules.Leader);
            return (outcome.Error, outcome.BaseOffset);
        }
    }

    [Fact]
    public void Retry_AfterTheWholeLogWasReplaced_BeginsAnew()
    {
        using var node = new InProcessBroker([2, 1], leader: 2);
        var batch = Batch(3);
        Assert.True(node.Partition.ReplicaAppend(node.Partition.Position(), batch, leaderHighWatermark: 1));

        node.Partition.ReplicaOutOfRange(node.Partition.Position(), leaderLogStart: 100);
        node.Partition.Update(new PartitionAssignment(Leader: 1, LeaderEpoch: 1, PartitionEpoch: 1, [2, 1], [1]));

        var outcome = node.Partition.Produce(Batch(3), AckRules.Leader);
        Assert.Equal((ErrorCode.None, 100L), (outcome.Error, outcome.BaseOffset));
    }

    private static byte[] Batch(int sequence)
    {
        var batch = new RecordBatch($"value {sequence}") { ProducerId = 7, ProducerEpoch = 0, BaseSequence = sequence }.ToBytes();
        Engine.Protocol.Records.BatchHeader.Assign(batch, 0, leaderEpoch: 0); // as a leader in epoch 0 would
        return batch;
    }
}
