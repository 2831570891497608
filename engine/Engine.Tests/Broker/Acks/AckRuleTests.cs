using System.Text;
using Engine.Broker;
using Engine.Core;
using Engine.Core.Partitions;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Storage;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Broker.Acks;

/// <summary>What acks=all waits for under each rule: followers are frames on inter-broker connections, the leader's disk one that can be held.</summary>
public sealed class AckRuleTests
{
    private const short ProduceVersion = 9;
    private const short FetchVersion = 12;
    private static readonly byte[] Topic = Encoding.ASCII.GetBytes(InProcessBroker.Topic);

    private readonly HeldDisk _disk = new();
    private readonly WireBuffer _buffer = new();

    [Fact]
    public void All_OneInSyncFollowerBehind_WaitsForIt()
    {
        using var broker = new InProcessBroker([1, 2, 3], minInSync: 2, acks: "all", calls: _disk);
        var produced = Produce(broker);
        Fetch(broker, 2, 1);
        Assert.Equal(0, produced.Responses);
        Fetch(broker, 3, 1);
        Assert.Equal(1, produced.Responses);
    }

    [Fact]
    public void Quorum_OneInSyncFollowerBehind_AnswersAndShowsConsumersNothingYet()
    {
        using var broker = new InProcessBroker([1, 2, 3], minInSync: 2, acks: "quorum", calls: _disk);
        var produced = Produce(broker);
        Assert.Equal(0, produced.Responses);
        Fetch(broker, 2, 1);
        Assert.Equal((1, ErrorCode.None), (produced.Responses, ErrorOf(produced)));
        Assert.Equal(0, broker.Partition.State.HighWatermark);

        Fetch(broker, 3, 1);
        Assert.Equal(1, broker.Partition.State.HighWatermark);
    }

    [Theory]
    [InlineData("quorum")]
    [InlineData("durable")]
    public void Rule_InSyncSetIsNoMajority_TakesNothing(string acks)
    {
        using var broker = new InProcessBroker([1, 2, 3], acks: acks, calls: _disk);
        broker.Partition.Update(new PartitionAssignment(1, LeaderEpoch: 0, PartitionEpoch: 1, [1, 2, 3], [1]));

        var produced = Produce(broker);
        Assert.Equal((1, ErrorCode.NotEnoughReplicas), (produced.Responses, ErrorOf(produced)));
        Assert.Equal(0, broker.Partition.Log.EndOffset);
    }

    [Fact]
    public void Durable_LeaderHasNotFlushed_WaitsThoughAllIsCommitted()
    {
        using var broker = new InProcessBroker([1, 2, 3], minInSync: 2, acks: "durable", calls: _disk);
        _disk.Hold();
        var produced = Produce(broker);
        Fetch(broker, 2, 1, flushed: true);
        Fetch(broker, 3, 1, flushed: true);
        Until.True(() => _disk.IsWaitedFor, "the leader begins to flush without its policy");
        Assert.Equal((0, 1L), (produced.Responses, broker.Partition.State.HighWatermark));

        _disk.LetGo();
        Until.True(() => produced.Responses == 1, "answered once the leader has flushed");
        Assert.Equal(ErrorCode.None, ErrorOf(produced));
    }

    [Fact]
    public void Durable_FollowerDoesNotSayItFlushed_Waits()
    {
        using var broker = new InProcessBroker([1, 2, 3], minInSync: 2, acks: "durable", calls: _disk);
        var produced = Produce(broker);
        Until.True(() => broker.Partition.Log.FlushedOffset == 1, "the leader has flushed");
        Fetch(broker, 2, 1, flushed: true);
        Fetch(broker, 3, 1, flushed: false);
        Assert.Equal((0, 1L), (produced.Responses, broker.Partition.State.HighWatermark));

        Fetch(broker, 3, 1, flushed: true);
        Until.True(() => produced.Responses == 1, "answered once every in-sync replica has flushed");
    }

    [Fact]
    public void Durable_ManyWait_ShareFlushes()
    {
        const int Batches = 200;
        using var broker = new InProcessBroker([1], acks: "durable", calls: _disk);
        _disk.Hold();
        var answered = new List<InProcessBroker.CountingWire>();
        for (var i = 0; i < Batches; i++) answered.Add(Produce(broker));
        Until.True(() => _disk.IsWaitedFor, "the first flush has begun");
        Assert.All(answered, wire => Assert.Equal(0, wire.Responses));

        _disk.LetGo();
        Until.True(() => answered.TrueForAll(wire => wire.Responses == 1), "all are answered");
        // One that began with the first batch, one for what came meanwhile, and at most one that was on its way between the two.
        Assert.InRange(_disk.SegmentSyncs, 1, 3);
    }

    [Fact]
    public void Durable_Follower_FlushesBeforeItAcknowledges()
    {
        using var leader = new InProcessBroker([1, 2]);
        using var follower = new InProcessBroker([2, 1], leader: 2, acks: "durable", calls: _disk);
        Produce(leader, acks: 1);
        Assert.True(leader.Partition.Log.TryRead(0, long.MaxValue, int.MaxValue, true, out var slice));
        Assert.True(follower.Partition.ReplicaAppend(follower.Partition.Position(), ScratchLog.Take(slice), leaderHighWatermark: 0));
        Assert.Equal((1L, 0L), (follower.Partition.Log.EndOffset, follower.Partition.Log.FlushedOffset));

        follower.Partition.EnsureAcknowledgeable();
        Assert.Equal((1L, 1), (follower.Partition.Log.FlushedOffset, _disk.SegmentSyncs));
        follower.Partition.EnsureAcknowledgeable();
        Assert.Equal(1, _disk.SegmentSyncs);
    }

    private InProcessBroker.CountingWire Produce(InProcessBroker broker, short acks = -1)
    {
        var records = new byte[256];
        var batch = new BatchBuilder();
        batch.Begin(records, 0, records.Length, baseTimestampMs: 1);
        batch.TryAppend(1, "value"u8);
        var size = batch.Finish();
        _buffer.Clear();
        var writer = new WireWriter(_buffer);
        ProduceRequest.WriteHead(ref writer, ProduceVersion, correlationId: 1, "test", acks, timeoutMs: 60_000, Topic, partition: 0, size);
        writer.WriteRaw(records.AsSpan(0, size));
        writer.WriteRaw(ProduceRequest.Tail(ProduceVersion));
        var (connection, wire) = broker.Connect();
        connection.Received(_buffer.Written.ToArray());
        return wire;
    }

    private void Fetch(InProcessBroker broker, int replica, long offset, bool flushed = false)
    {
        var fetch = new FetchRequest { ReplicaId = replica, MaxWaitMs = 0, MinBytes = 1, MaxBytes = 1 << 20, AcknowledgesFlushed = flushed };
        fetch.Add(Topic, 0, offset, 1 << 20);
        _buffer.Clear();
        var writer = new WireWriter(_buffer) { Flexible = true };
        var start = Frame.Begin(ref writer);
        new RequestHeader(ApiKey.Fetch, FetchVersion, 1).Write(ref writer, "test");
        fetch.Write(ref writer, FetchVersion);
        Frame.End(ref writer, start);
        broker.Connect(ListenerKind.InterBroker).Connection.Received(_buffer.Written.ToArray());
    }

    private static ErrorCode ErrorOf(InProcessBroker.CountingWire produced)
    {
        var reader = new WireReader(produced.Framing[sizeof(int)..]);
        ResponseHeader.Read(ref reader, ApiKey.Produce, ProduceVersion);
        var response = new ProduceResponse();
        response.Read(ref reader, ProduceVersion);
        return response.Partitions[0].Error;
    }

    /// <summary>A disk that counts its flushes and can be made to take its time over them.</summary>
    private sealed class HeldDisk : Engine.Storage.Native.FileCalls
    {
        private readonly object _gate = new();
        private bool _isHeld;
        private int _waiting;
        private int _segmentSyncs;

        public bool IsWaitedFor
        {
            get { lock (_gate) return _waiting > 0; }
        }

        public int SegmentSyncs
        {
            get { lock (_gate) return _segmentSyncs; }
        }

        public void Hold()
        {
            lock (_gate) _isHeld = true;
        }

        public void LetGo()
        {
            lock (_gate)
            {
                _isHeld = false;
                Monitor.PulseAll(_gate);
            }
        }

        public override void SyncData(SafeFileHandle file)
        {
            if (TestCalls.NameOf(file).EndsWith(".log", StringComparison.Ordinal))
            {
                lock (_gate)
                {
                    _segmentSyncs++;
                    _waiting++;
                    while (_isHeld) Monitor.Wait(_gate);
                    _waiting--;
                }
            }

            base.SyncData(file);
        }
    }
}
