using System.Net.Sockets;
using System.Text;
using Engine.Broker;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Storage.Read;
using Engine.Tests.Allocation;
using Engine.Tests.Broker.Network;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Handlers;

/// <summary>A fetch whose records, or whose way to them, must come from the disk holds up nobody but its own connection.</summary>
[Collection(nameof(Alone))] // one of them counts allocations
public sealed class ColdFetchTests : IDisposable
{
    private const short Version = 12;
    private const int BatchCount = 1500; // past what a log remembers of its newest boundaries
    private static readonly byte[] Topic = Encoding.ASCII.GetBytes(InProcessBroker.Topic);

    private readonly SlowDisk _disk = new();
    private readonly List<byte[]> _batches = Batches.Series(0, BatchCount);
    private readonly WireBuffer _buffer = new(1024);

    /// <summary>Transport; how the log is read.</summary>
    public static TheoryData<string, string> Ways
    {
        get
        {
            var ways = new TheoryData<string, string>();
            foreach (var transport in Host.TransportTexts)
                foreach (var read in ReadPaths.Catalog.Strategies)
                    ways.Add(transport, read.Name);
            return ways;
        }
    }

    private long LogBytes => _batches.Sum(batch => (long)batch.Length);

    public void Dispose() => _disk.Dispose();

    [Theory, MemberData(nameof(Ways))]
    public void Fetch_OfColdRecords_WaitsAloneAndThenHasThem(string transport, string read)
    {
        using var broker = Fill(read, [1]);
        using var host = Open(transport, broker, ListenerKind.Client);
        _disk.ColdBefore = LogBytes - 10_000;
        var (cold, tailing) = (host.Connect(), host.Connect());

        cold.SendAll(Fetch(offset: 0));
        _disk.AwaitReader();
        for (var i = 0; i < 100; i++)
        {
            tailing.SendAll(Fetch(Offset(^1)));
            Assert.Equal(_batches[^1], Records(tailing));
        }

        _disk.AllowAll();
        var records = Records(cold);
        Assert.Equal(_batches.SelectMany(batch => batch).Take(records.Length), records);
        Assert.InRange(records.Length, _batches[0].Length, LogBytes);
        Assert.Empty(host.Failures);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Fetch_OfAFollowerFarBehind_HoldsUpNoOtherFollower(string transport, string read)
    {
        using var broker = Fill(read, [1, 2, 3]);
        using var host = Open(transport, broker, ListenerKind.InterBroker);
        _disk.ColdBefore = LogBytes - 10_000;
        var (behind, close) = (host.Connect(), host.Connect());

        behind.SendAll(Fetch(offset: 0, replica: 2));
        _disk.AwaitReader();
        close.SendAll(Fetch(Offset(^1), replica: 3));
        Assert.Equal(_batches[^1], Records(close));

        _disk.AllowAll();
        var records = Records(behind);
        Assert.Equal(_batches.SelectMany(batch => batch).Take(records.Length), records);
    }

    [Theory, MemberData(nameof(Ways))]
    public void Fetches_OfOneConnection_AreAnsweredInOrderAlsoWhenTheFirstIsCold(string transport, string read)
    {
        using var broker = Fill(read, [1]);
        using var host = Open(transport, broker, ListenerKind.Client);
        _disk.ColdBefore = LogBytes - 10_000;
        var client = host.Connect();

        client.SendAll(Fetch(offset: 0, correlationId: 1));
        client.SendAll(Fetch(Offset(^1), correlationId: 2));
        _disk.AwaitReader();
        _disk.AllowAll();

        Assert.NotEmpty(Records(client, correlationId: 1));
        Assert.Equal(_batches[^1], Records(client, correlationId: 2));
    }

    [Theory, MemberData(nameof(Ways))]
    public void Fetch_WhosePartitionIsDeletedMeanwhile_IsAnswered(string transport, string read)
    {
        using var broker = Fill(read, [1]);
        using var host = Open(transport, broker, ListenerKind.Client);
        _disk.ColdBefore = long.MaxValue;
        var client = host.Connect();
        client.SendAll(Fetch(offset: 0));
        _disk.AwaitReader();

        broker.Partition.Close();
        broker.Folder.DeleteLog(broker.Partition.Log);
        _disk.AllowAll();

        // The records, where they had been found, or an error; in any case an answer.
        Assert.True(Receive(client, 0).Error is ErrorCode.None or ErrorCode.NotLeaderOrFollower or ErrorCode.KafkaStorageError);
    }

    [Fact]
    public void Fetch_ThatWantsMoreThanIsReadAtATime_IsAnsweredWithThat()
    {
        using var broker = Fill("positioned", [1]);
        using var host = Open("epoll", broker, ListenerKind.Client);
        _disk.ColdBefore = long.MaxValue;
        _disk.AllowAll();
        var client = host.Connect();

        // It would wait until the end of the test for more to be appended.
        client.SendAll(Fetch(offset: 0, minBytes: int.MaxValue));
        Assert.NotEmpty(Records(client));
    }

    [Theory]
    [InlineData("sendfile")]
    [InlineData("positioned")]
    [InlineData("mapped")]
    public void ColdFetch_OnceWarm_AllocatesNothing(string read)
    {
        var meter = new AllocationMeter(warmUp: 100, rounds: 200);
        using var broker = Fill(read, [1]);
        _disk.ColdBefore = long.MaxValue;
        _disk.AllowAll();
        var (connection, wire) = broker.Connect();
        var (frame, copy) = (Fetch(offset: 0), new byte[256]);

        var allocated = meter.Measure(_ =>
        {
            frame.CopyTo(copy.AsSpan());
            connection.Received(copy.AsSpan(0, frame.Length));
        });

        Assert.Equal(0, allocated);
        Assert.Equal(meter.TotalRounds, wire.Responses);
        Assert.InRange(wire.SliceBytes, meter.TotalRounds * _batches[0].Length, long.MaxValue);
    }

    private InProcessBroker Fill(string read, int[] replicas)
    {
        var broker = new InProcessBroker(replicas, read: read, calls: _disk);
        foreach (var batch in _batches)
            broker.Partition.Produce(batch.ToArray(), AckRules.Leader);
        Assert.Equal(LogBytes, broker.Partition.Log.SizeBytes);
        return broker;
    }

    private static Host Open(string transport, InProcessBroker broker, ListenerKind listener) =>
        new(transport, wire => new Connection(wire, broker.Dispatch, listener, maxFrameBytes: 1 << 20));

    private long Offset(Index batch) => new BatchHeader(_batches[batch]).BaseOffset;

    private byte[] Fetch(long offset, int replica = -1, int minBytes = 1, int correlationId = 0)
    {
        var fetch = new FetchRequest { ReplicaId = replica, MaxWaitMs = 60_000, MinBytes = minBytes, MaxBytes = 50 << 20 };
        fetch.Add(Topic, 0, offset, 50 << 20);
        _buffer.Clear();
        var writer = new WireWriter(_buffer) { Flexible = true };
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Fetch, Version, correlationId).Write(ref writer, "test");
        fetch.Write(ref writer, Version);
        Frame.End(ref writer, start);
        return _buffer.Written.ToArray();
    }

    private static byte[] Records(Socket client, int correlationId = 0)
    {
        var (error, records) = Receive(client, correlationId);
        Assert.Equal(ErrorCode.None, error);
        return records;
    }

    private static (ErrorCode Error, byte[] Records) Receive(Socket client, int correlationId)
    {
        var frame = client.ReceiveFrame();
        var reader = new WireReader(frame);
        Assert.Equal(correlationId, ResponseHeader.Read(ref reader, ApiKey.Fetch, Version));
        var response = new FetchResponse();
        response.Read(ref reader, Version);
        var answer = response.Partitions[0];
        return (answer.Error, answer.RecordsLength > 0 ? frame[answer.RecordsStart..(answer.RecordsStart + answer.RecordsLength)] : []);
    }
}
