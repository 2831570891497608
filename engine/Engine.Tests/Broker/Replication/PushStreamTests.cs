using System.Text;
using Engine.Broker;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Tests.Allocation;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Replication;

/// <summary>The leader's side of pushing, its follower played frame by frame.</summary>
public sealed class PushStreamTests : IDisposable
{
    private static readonly byte[] Topic = Encoding.ASCII.GetBytes(InProcessBroker.Topic);

    private readonly InProcessBroker _broker = new([1, 2, 3], minInSync: 2);
    private readonly PushRequest _request = new() { WindowBytes = 1 << 20, WindowFrames = 1000, FrameBytes = 1 << 20 };
    private readonly WireBuffer _buffer = new(4096);
    private readonly byte[] _bytes = new byte[4096];

    public void Dispose() => _broker.Dispose();

    [Fact]
    public void Push_FromAClientsConnection_IsRefusedAsUnknown()
    {
        _request.Subscribe(0, 1, Topic, 0, Position(0));
        var (client, _) = _broker.Connect(ListenerKind.Client);
        Assert.Throws<WireException>(() => client.Received(Write(2)));
    }

    [Fact]
    public void Push_NodeThatHoldsNoReplica_IsToldSoAndAcknowledgesNothing()
    {
        var (stranger, wire) = _broker.Connect(ListenerKind.InterBroker);
        Produce();
        Subscribe(stranger, 9, Position(0));
        Assert.Equal(ErrorCode.NotLeaderOrFollower, FirstOf(wire).Error);
    }

    [Theory]
    [InlineData(2, ErrorCode.UnknownLeaderEpoch)]
    [InlineData(0, ErrorCode.FencedLeaderEpoch)]
    public void Subscription_InAnotherEpoch_EndsWithWhy(int epoch, ErrorCode expected)
    {
        _broker.Partition.Update(new PartitionAssignment(1, LeaderEpoch: 1, PartitionEpoch: 1, [1, 2, 3], [1, 2, 3]));
        var (follower, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(follower, 2, new PushPosition(epoch, 0, -1, -1, 0));
        Assert.Equal(expected, FirstOf(wire).Error);
        Assert.Equal(1, wire.Responses);

        Produce();
        Assert.Equal((1, 0L), (wire.Responses, wire.SliceBytes));
    }

    [Fact]
    public void Stream_OfAnEarlierRunOfTheFollower_AcknowledgesNothing()
    {
        _broker.ReplicaEpoch = 7;
        _request.ReplicaEpoch = 6;
        var (second, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, FirstOf(wire).Error);
        Assert.Equal(1, wire.Responses);
    }

    [Fact]
    public void Leader_WhoseSessionIsOver_TakesNoAcknowledgementAndSendsNothing()
    {
        var (second, toSecond) = _broker.Connect(ListenerKind.InterBroker);
        var (third, toThird) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        Subscribe(third, 3, Position(0));
        var end = Produce();
        Acknowledge(second, 2, end);
        var sent = toThird.SliceBytes;

        _broker.IsHeld = false;
        Acknowledge(third, 3, end);
        Assert.Equal((ErrorCode.NotLeaderOrFollower, 0L), (FirstOf(toThird).Error, _broker.Partition.State.HighWatermark));
        Produce();
        Assert.Equal((ErrorCode.NotLeaderOrFollower, sent), (FirstOf(toSecond).Error, toSecond.SliceBytes));
    }

    [Fact]
    public void Acknowledgement_OfAnEpochThatIsOver_CountsForNothing()
    {
        var (second, _) = _broker.Connect(ListenerKind.InterBroker);
        var (third, toThird) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        Subscribe(third, 3, Position(0));
        var end = Produce();
        Acknowledge(second, 2, end);
        _broker.Partition.Update(new PartitionAssignment(1, LeaderEpoch: 1, PartitionEpoch: 1, [1, 2, 3], [1, 2, 3]));
        Assert.Equal(ErrorCode.FencedLeaderEpoch, FirstOf(toThird).Error);

        Acknowledge(third, 3, end);
        Assert.Equal(0, _broker.Partition.State.HighWatermark);
        // Nor does what came before from the other one, which has to be heard in the new epoch.
        Subscribe(third, 3, new PushPosition(1, end, -1, 0, 0), run: 2);
        Assert.Equal(0, _broker.Partition.State.HighWatermark);
        Subscribe(second, 2, new PushPosition(1, end, -1, 0, 0), run: 2);
        Assert.Equal(end, _broker.Partition.State.HighWatermark);
    }

    [Fact]
    public void Acknowledgement_PastTheLeadersEnd_CountsForNothing()
    {
        var (second, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        var end = Produce();
        Acknowledge(second, 2, end + 1);
        Assert.Equal(ErrorCode.OffsetOutOfRange, FirstOf(wire).Error);
    }

    [Theory]
    [InlineData(1 << 20, 3, 1 << 20)]
    [InlineData(2000, 1000, 1 << 20)]
    [InlineData(2000, 1000, 500)]
    public void Follower_ThatAcknowledgesNothing_IsSentNoMoreThanItsWindow(int windowBytes, int windowFrames, int frameBytes)
    {
        (_request.WindowBytes, _request.WindowFrames, _request.FrameBytes) = (windowBytes, windowFrames, frameBytes);
        var (second, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        for (var i = 0; i < 100; i++) Produce();

        var batchBytes = _broker.Partition.Log.SizeBytes / 100;
        Assert.InRange(wire.Responses, 2, windowFrames);
        Assert.InRange(wire.SliceBytes, 1, Math.Min(windowBytes, _broker.Partition.Log.SizeBytes / 2) + batchBytes);
    }

    [Fact]
    public void Window_OpensAgain_TakesAlongWhatGathered()
    {
        _request.WindowFrames = 2; // One is the answer to the subscription.
        var (second, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        var first = Produce();
        for (var i = 0; i < 50; i++) Produce();
        Assert.Equal((2, first), (wire.Responses, _broker.Partition.Log.EndOffset / 51));

        _request.TakenFrames = 2;
        _request.TakenBytes = wire.SliceBytes;
        Acknowledge(second, 2, first);
        Assert.Equal((3, _broker.Partition.Log.SizeBytes), (wire.Responses, wire.SliceBytes));
    }

    [Fact]
    public void Follower_ThatConnectsAnew_EndsItsOlderStream()
    {
        var (older, olderWire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(older, 2, Position(0));
        Assert.False(olderWire.IsClosed);
        var (newer, newerWire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(newer, 2, Position(0));
        Assert.True(olderWire.IsClosed);
        Assert.False(newerWire.IsClosed);
    }

    [Fact]
    public void Connection_Ended_IsSentNothingMore()
    {
        var (second, wire) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        second.Closed();
        Produce();
        Assert.Equal(0, wire.SliceBytes);
    }

    [Fact]
    public void TwoFollowers_OnceWarm_AllocateNothing()
    {
        var (second, toSecond) = _broker.Connect(ListenerKind.InterBroker);
        var (third, toThird) = _broker.Connect(ListenerKind.InterBroker);
        Subscribe(second, 2, Position(0));
        Subscribe(third, 3, Position(0));
        var batch = Batches.Make(0, records: 10, valueBytes: 100);

        var meter = new AllocationMeter(warmUp: 300, rounds: 1000);
        var allocated = meter.Measure(round =>
        {
            var end = _broker.Partition.Produce(batch, AckRules.Leader).EndOffset;
            (_request.TakenFrames, _request.TakenBytes) = (round + 2, _broker.Partition.Log.SizeBytes);
            Acknowledge(second, 2, end);
            Acknowledge(third, 3, end);
        });

        Assert.Equal(0, allocated);
        Assert.Equal((meter.TotalRounds + 1, meter.TotalRounds + 1), (toSecond.Responses, toThird.Responses));
        Assert.Equal(2 * _broker.Partition.Log.SizeBytes, toSecond.SliceBytes + toThird.SliceBytes);
        Assert.Equal(meter.TotalRounds * 10, _broker.Partition.State.HighWatermark);
    }

    private static PushPosition Position(long end) => new(LeaderEpoch: 0, end, FlushedOffset: -1, LastEpoch: end == 0 ? -1 : 0, LogStartOffset: 0);

    private long Produce() => _broker.Partition.Produce(Batches.Make(0, records: 2, valueBytes: 100), AckRules.Leader).EndOffset;

    private void Subscribe(Connection connection, int replica, PushPosition position, int run = 1)
    {
        _request.Subscribe(0, run, Topic, 0, position);
        connection.Received(Write(replica));
    }

    private void Acknowledge(Connection connection, int replica, long end)
    {
        _request.Acknowledge(new PushAcknowledgement(0, 1, end, FlushedOffset: -1));
        connection.Received(Write(replica));
    }

    private Span<byte> Write(int replica)
    {
        _request.ReplicaId = replica;
        _buffer.Clear();
        var writer = new WireWriter(_buffer);
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Push, PushRequest.Version, CorrelationId: 0).Write(ref writer, "test");
        _request.Write(ref writer);
        Frame.End(ref writer, start);
        _request.Clear();
        _buffer.Written.CopyTo(_bytes);
        return _bytes.AsSpan(0, _buffer.Length);
    }

    private static PushedPartition FirstOf(InProcessBroker.CountingWire wire)
    {
        var reader = new WireReader(wire.Framing[Frame.PrefixBytes..]);
        var frame = new PushFrame();
        frame.Read(ref reader);
        return frame.Partitions[0];
    }
}
