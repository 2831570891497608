using System.Runtime.InteropServices;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Messages;

/// <summary>
/// What a follower tells the leader that pushes to it: which partitions it follows and from where on, and what of them it holds by
/// now. Ours, between brokers only. Reused: reading or filling it again allocates nothing after warm-up.
/// </summary>
/// <remarks>
/// <c>replica_id replica_epoch window_bytes window_frames frame_bytes taken_bytes taken_frames is_beat [subscription] [acknowledgement]</c>, old
/// encoding. It is not answered; <see cref="PushFrame"/>s come when there is something to send. Numbers are per connection: the
/// follower numbers its partitions, and each subscription of a partition is a new run, so that what was on its way before is told apart.
/// </remarks>
public sealed class PushRequest
{
    /// <summary>The only version.</summary>
    public const short Version = 0;

    private readonly List<PushSubscription> _subscriptions = [];
    private readonly List<PushAcknowledgement> _acknowledgements = [];
    private readonly WireBuffer _added = new(256);

    /// <summary>The node that follows.</summary>
    public int ReplicaId { get; set; }

    /// <summary>The registration under which it follows (KIP-903): what an earlier run of it says counts no more. -1: not told.</summary>
    public long ReplicaEpoch { get; set; } = -1;

    /// <summary>The most bytes of records that may be on their way or not dealt with yet, unless one batch alone is larger.</summary>
    public int WindowBytes { get; set; }

    /// <summary>The most frames of that kind.</summary>
    public int WindowFrames { get; set; }

    /// <summary>The most bytes of records in one frame, with the same exception.</summary>
    public int FrameBytes { get; set; }

    /// <summary>Bytes of records dealt with on this connection, from its beginning.</summary>
    public long TakenBytes { get; set; }

    /// <summary>Frames dealt with on this connection, from its beginning.</summary>
    public long TakenFrames { get; set; }

    /// <summary>Whether the follower wants to hear from the leader, and repeats by this what it has acknowledged of all partitions.</summary>
    public bool IsBeat { get; set; }

    public ReadOnlySpan<PushSubscription> Subscriptions => CollectionsMarshal.AsSpan(_subscriptions);

    public ReadOnlySpan<PushAcknowledgement> Acknowledgements => CollectionsMarshal.AsSpan(_acknowledgements);

    public bool IsEmpty => !IsBeat && _subscriptions.Count == 0 && _acknowledgements.Count == 0;

    /// <summary>Empties the lists and the beat; the other fields keep their values.</summary>
    public void Clear()
    {
        _subscriptions.Clear();
        _acknowledgements.Clear();
        _added.Clear();
        IsBeat = false;
    }

    /// <summary>Adds a partition to be pushed from <see cref="PushPosition.EndOffset"/> on.</summary>
    public void Subscribe(int number, int run, ReadOnlySpan<byte> topicUtf8, int partition, in PushPosition position)
    {
        var start = _added.Length;
        new WireWriter(_added).WriteRaw(topicUtf8);
        _subscriptions.Add(new PushSubscription(number, run, start, topicUtf8.Length, partition, position));
    }

    public void Acknowledge(in PushAcknowledgement acknowledgement) => _acknowledgements.Add(acknowledgement);

    public void Read(ref WireReader reader)
    {
        Clear();
        ReplicaId = reader.ReadInt32();
        ReplicaEpoch = reader.ReadInt64();
        WindowBytes = reader.ReadInt32();
        WindowFrames = reader.ReadInt32();
        FrameBytes = reader.ReadInt32();
        TakenBytes = reader.ReadInt64();
        TakenFrames = reader.ReadInt64();
        IsBeat = reader.ReadBool();
        for (var i = reader.ReadCount(minItemBytes: 46); i > 0; i--)
        {
            var (number, run) = (reader.ReadInt32(), reader.ReadInt32());
            var length = reader.ReadStringBytes().Length;
            var start = reader.Position - length;
            _subscriptions.Add(new PushSubscription(
                number, run, start, length, reader.ReadInt32(),
                new PushPosition(reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt64())));
        }

        for (var i = reader.ReadCount(minItemBytes: 24); i > 0; i--)
            _acknowledgements.Add(new PushAcknowledgement(reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt64(), reader.ReadInt64()));
    }

    /// <summary>Writes what was added since <see cref="Clear"/> (a request that was read has its names elsewhere).</summary>
    public void Write(ref WireWriter writer)
    {
        writer.WriteInt32(ReplicaId);
        writer.WriteInt64(ReplicaEpoch);
        writer.WriteInt32(WindowBytes);
        writer.WriteInt32(WindowFrames);
        writer.WriteInt32(FrameBytes);
        writer.WriteInt64(TakenBytes);
        writer.WriteInt64(TakenFrames);
        writer.WriteBool(IsBeat);
        writer.WriteArrayLength(_subscriptions.Count);
        foreach (ref readonly var one in Subscriptions)
        {
            writer.WriteInt32(one.Number);
            writer.WriteInt32(one.Run);
            writer.WriteStringBytes(_added.Written.Slice(one.TopicStart, one.TopicLength));
            writer.WriteInt32(one.Partition);
            writer.WriteInt32(one.Position.LeaderEpoch);
            writer.WriteInt64(one.Position.EndOffset);
            writer.WriteInt64(one.Position.FlushedOffset);
            writer.WriteInt32(one.Position.LastEpoch);
            writer.WriteInt64(one.Position.LogStartOffset);
        }

        writer.WriteArrayLength(_acknowledgements.Count);
        foreach (ref readonly var one in Acknowledgements)
        {
            writer.WriteInt32(one.Number);
            writer.WriteInt32(one.Run);
            writer.WriteInt64(one.EndOffset);
            writer.WriteInt64(one.FlushedOffset);
        }
    }
}

/// <summary>A partition that a follower wants pushed. Places are offsets into the bytes that were read.</summary>
/// <param name="Number">What the follower calls it on this connection.</param>
/// <param name="Run">Which subscription of it this is.</param>
public readonly record struct PushSubscription(int Number, int Run, int TopicStart, int TopicLength, int Partition, PushPosition Position);

/// <summary>Where a follower stands: what it holds is acknowledged by saying so.</summary>
/// <param name="LeaderEpoch">The epoch it believes in (KIP-320).</param>
/// <param name="EndOffset">It holds everything before it.</param>
/// <param name="FlushedOffset">Before which it has also flushed everything; -1 when it does not say.</param>
/// <param name="LastEpoch">The epoch of the last record it holds, or -1.</param>
/// <param name="LogStartOffset">Its own first offset.</param>
public readonly record struct PushPosition(int LeaderEpoch, long EndOffset, long FlushedOffset, int LastEpoch, long LogStartOffset);

/// <summary>What a follower holds of a partition by now.</summary>
public readonly record struct PushAcknowledgement(int Number, int Run, long EndOffset, long FlushedOffset);
