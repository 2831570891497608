using System.Text;
using Engine.Broker;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Tests.Broker;

namespace Engine.Tests.Allocation;

/// <summary>Produce and fetch, from frame to answer, allocate nothing once warm: with one replica, with followers, idempotent or not.</summary>
public sealed class HotPathTests
{
    private readonly AllocationMeter _meter = new(warmUp: 300, rounds: 1000);
    private const short ProduceVersion = 9;
    private const short FetchVersion = 12;
    private static readonly byte[] Topic = Encoding.ASCII.GetBytes(InProcessBroker.Topic);

    [Theory]
    [InlineData(1, "sendfile", "crc")]
    [InlineData(-1, "sendfile", "header")]
    [InlineData(-1, "sendfile", "records")]
    [InlineData(-1, "positioned", "crc")]
    public void OneReplica_ProduceAndFetch_AllocateNothing(short acks, string read, string check)
    {
        using var broker = new InProcessBroker([1], read: read, check: check);
        var (producer, produced) = broker.Connect();
        var (consumer, fetched) = broker.Connect();
        var produce = new byte[8192];
        var fetch = new byte[512];
        var offset = 0L;

        _meter.Measure(round =>
        {
            producer.Received(produce.AsSpan(0, WriteProduce(produce, acks, sequence: round * 10)));
            consumer.Received(fetch.AsSpan(0, WriteFetch(fetch, replica: -1, offset)));
            offset += 10;
        });

        Assert.Equal(0, _meter.LeastBytes);
        Assert.Equal((_meter.TotalRounds, _meter.TotalRounds), (produced.Responses, fetched.Responses));
        Assert.Equal(broker.Partition.Log.SizeBytes, fetched.SliceBytes);
        Assert.Equal(_meter.TotalRounds * 10, broker.Partition.State.HighWatermark);
    }

    [Theory]
    [InlineData("all")]
    [InlineData("quorum")]
    public void ThreeReplicas_AcksAllThroughParkedFetches_AllocateNothing(string acks)
    {
        using var broker = new InProcessBroker([1, 2, 3], minInSync: 2, acks: acks);
        var (producer, produced) = broker.Connect();
        var (second, toSecond) = broker.Connect(ListenerKind.InterBroker);
        var (third, toThird) = broker.Connect(ListenerKind.InterBroker);
        var produce = new byte[8192];
        var fetch = new byte[512];
        var offset = 0L;

        _meter.Measure(round =>
        {
            // Both followers' fetches park at the end, acknowledging the round before; the next produce wakes them.
            second.Received(fetch.AsSpan(0, WriteFetch(fetch, replica: 2, offset)));
            third.Received(fetch.AsSpan(0, WriteFetch(fetch, replica: 3, offset)));
            producer.Received(produce.AsSpan(0, WriteProduce(produce, acks: -1, sequence: round * 10)));
            offset += 10;
        });

        Assert.Equal(0, _meter.LeastBytes);
        Assert.Equal((_meter.TotalRounds - 1, _meter.TotalRounds), (produced.Responses, toSecond.Responses));
        Assert.Equal(2 * broker.Partition.Log.SizeBytes, toSecond.SliceBytes + toThird.SliceBytes);
        Assert.Equal((_meter.TotalRounds - 1) * 10, broker.Partition.State.HighWatermark);
        Assert.Empty(broker.Proposals);
    }

    private readonly WireBuffer _buffer = new(8192);
    private readonly BatchBuilder _batch = new();
    private readonly byte[] _records = new byte[4096];
    private readonly byte[] _value = new byte[100];
    private readonly FetchRequest _fetch = new() { MaxWaitMs = 60_000, MinBytes = 1, MaxBytes = 1 << 20 };

    private int WriteProduce(byte[] frame, short acks, int sequence)
    {
        _batch.Begin(_records, 0, 4096, baseTimestampMs: 1);
        for (var i = 0; i < 10; i++) _batch.TryAppend(1, _value);
        var size = _batch.Finish(producerId: 7, producerEpoch: 0, sequence);

        _buffer.Clear();
        var writer = new WireWriter(_buffer);
        ProduceRequest.WriteHead(ref writer, ProduceVersion, correlationId: sequence, "test", acks, timeoutMs: 60_000, Topic, partition: 0, size);
        writer.WriteRaw(_records.AsSpan(0, size));
        writer.WriteRaw(ProduceRequest.Tail(ProduceVersion));
        _buffer.Written.CopyTo(frame);
        return _buffer.Length;
    }

    private int WriteFetch(byte[] frame, int replica, long offset)
    {
        _fetch.Clear();
        _fetch.ReplicaId = replica;
        _fetch.Add(Topic, 0, offset, 1 << 20);
        _buffer.Clear();
        var writer = new WireWriter(_buffer) { Flexible = true };
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Fetch, FetchVersion, 1).Write(ref writer, "test");
        _fetch.Write(ref writer, FetchVersion);
        Frame.End(ref writer, start);
        _buffer.Written.CopyTo(frame);
        return _buffer.Length;
    }
}
