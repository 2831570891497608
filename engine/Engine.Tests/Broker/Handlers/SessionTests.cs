using System.Text;
using Engine.Broker;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Broker.Handlers;

/// <summary>What a node answers that was paused for so long that others may lead in its place, and what it takes from such a node.</summary>
public sealed class SessionTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void Produce_SessionNotHeld_IsRefusedAndNotAppended(short acks)
    {
        using var broker = new InProcessBroker([1]) { IsHeld = false };
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Produce(broker, acks));
        Assert.Equal(0, broker.Partition.Log.EndOffset);

        broker.IsHeld = true;
        Assert.Equal(ErrorCode.None, Produce(broker, acks));
    }

    [Fact]
    public void Produce_SessionLostBeforeItsAnswer_IsNotAcknowledged()
    {
        using var broker = new InProcessBroker([1, 2]);
        var (producer, wire) = broker.Connect();
        producer.Received(RawRequests.ProduceFrame(1, InProcessBroker.Topic, 0, RecordBatch.Of("waits")));
        Assert.Equal(0, wire.Responses);

        broker.IsHeld = false;
        broker.Partition.Update(new PartitionAssignment(1, LeaderEpoch: 0, PartitionEpoch: 1, [1, 2], [1]));
        Assert.Equal(1, broker.Partition.State.HighWatermark);
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Produced(wire));
    }

    [Fact]
    public void Fetch_SessionNotHeld_SendsTheConsumerElsewhere()
    {
        using var broker = new InProcessBroker([1]) { IsHeld = false };
        Assert.Equal(ErrorCode.NotLeaderOrFollower, Fetch(broker, ListenerKind.Client, replica: -1, replicaEpoch: -1, offset: 0));
    }

    [Fact]
    public void Fetch_OfAnEarlierRunOfAFollower_IsRefusedAndAcknowledgesNothing()
    {
        using var broker = new InProcessBroker([1, 2]) { ReplicaEpoch = 7 };
        var (producer, wire) = broker.Connect();
        producer.Received(RawRequests.ProduceFrame(1, InProcessBroker.Topic, 0, RecordBatch.Of("waits")));

        Assert.Equal(ErrorCode.StaleBrokerEpoch, Fetch(broker, ListenerKind.InterBroker, replica: 2, replicaEpoch: 6, offset: 1));
        Assert.Equal(ErrorCode.StaleBrokerEpoch, Fetch(broker, ListenerKind.InterBroker, replica: 2, replicaEpoch: -1, offset: 1));
        Assert.Equal((0, 0L), (wire.Responses, broker.Partition.State.HighWatermark));

        Assert.Equal(ErrorCode.None, Fetch(broker, ListenerKind.InterBroker, replica: 2, replicaEpoch: 7, offset: 1));
        Assert.Equal((1, 1L), (wire.Responses, broker.Partition.State.HighWatermark));
        Assert.Equal(ErrorCode.None, Produced(wire));
    }

    private static ErrorCode Produce(InProcessBroker broker, short acks)
    {
        var (connection, wire) = broker.Connect();
        connection.Received(RawRequests.ProduceFrame(1, InProcessBroker.Topic, 0, RecordBatch.Of("x"), acks));
        return Produced(wire);
    }

    private static ErrorCode Produced(InProcessBroker.CountingWire wire)
    {
        var reader = new WireReader(wire.Framing[Frame.PrefixBytes..]);
        ResponseHeader.Read(ref reader, ApiKey.Produce, RawRequests.ProduceVersion);
        var response = new ProduceResponse();
        response.Read(ref reader, RawRequests.ProduceVersion);
        return Assert.Single(response.Partitions.ToArray()).Error;
    }

    private static ErrorCode Fetch(InProcessBroker broker, ListenerKind listener, int replica, long replicaEpoch, long offset)
    {
        var (connection, wire) = broker.Connect(listener);
        var request = new FetchRequest { ReplicaId = replica, ReplicaEpoch = replicaEpoch, MaxWaitMs = 0, MinBytes = 1 };
        request.Add(Encoding.UTF8.GetBytes(InProcessBroker.Topic), 0, offset, 1 << 20);
        connection.Received(RawClient.Request(ApiKey.Fetch, RawRequests.FetchVersion, 1, request, static (request, ref writer, version) => request.Write(ref writer, version)));

        var reader = new WireReader(wire.Framing[Frame.PrefixBytes..]);
        ResponseHeader.Read(ref reader, ApiKey.Fetch, RawRequests.FetchVersion);
        var response = new FetchResponse();
        response.Read(ref reader, RawRequests.FetchVersion);
        return Assert.Single(response.Partitions.ToArray()).Error;
    }
}
