using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

public sealed class PushTests
{
    private readonly WireBuffer _buffer = new();

    [Fact]
    public void Request_WrittenAndRead_IsTheSame()
    {
        var request = new PushRequest { ReplicaId = 3, ReplicaEpoch = 17, WindowBytes = 4, WindowFrames = 5, FrameBytes = 6, TakenBytes = 1L << 40, TakenFrames = 1L << 41 };
        var (position, acknowledgement) = (new PushPosition(7, 8, 9, 10, 11), new PushAcknowledgement(1, 2, 1L << 42, -1));
        request.Subscribe(1, 2, "orders"u8, 12, position);
        request.Subscribe(13, 14, "o"u8, 15, position with { EndOffset = 16 });
        request.Acknowledge(acknowledgement);
        request.IsBeat = true;
        var writer = new WireWriter(_buffer);
        request.Write(ref writer);

        var read = new PushRequest();
        var reader = new WireReader(_buffer.Written);
        read.Read(ref reader);
        Assert.Equal(0, reader.Remaining);
        Assert.Equal((3, 17L), (read.ReplicaId, read.ReplicaEpoch));
        Assert.Equal((4, 5, 6, 1L << 40, 1L << 41, true), (read.WindowBytes, read.WindowFrames, read.FrameBytes, read.TakenBytes, read.TakenFrames, read.IsBeat));
        Assert.Equal([acknowledgement], read.Acknowledgements.ToArray());
        var (first, second) = (read.Subscriptions[0], read.Subscriptions[1]);
        Assert.Equal((1, 2, 12, position), (first.Number, first.Run, first.Partition, first.Position));
        Assert.Equal((13, 14, 15, 16L), (second.Number, second.Run, second.Partition, second.Position.EndOffset));
        Assert.Equal("orders"u8, _buffer.Written.Slice(first.TopicStart, first.TopicLength));
        Assert.Equal("o"u8, _buffer.Written.Slice(second.TopicStart, second.TopicLength));
    }

    [Fact]
    public void Frame_WrittenWithItsRecordsInTheGaps_ReadsAsWritten()
    {
        var writer = new PushFrameWriter(_buffer);
        writer.Begin();
        writer.Add(1, 2, ErrorCode.None, 3, 4, 5, null, 7);
        var gap = writer.Position;
        writer.Add(8, 9, ErrorCode.FencedLeaderEpoch, 10, 11, 12, new EpochEnd(13, 14), 0);
        writer.End();
        byte[] frame = [.. _buffer.Written[..gap], .. "records"u8, .. _buffer.Written[gap..]];

        var read = new PushFrame();
        var reader = new WireReader(frame);
        Assert.Equal(frame.Length - Frame.PrefixBytes, reader.ReadInt32());
        read.Read(ref reader);
        Assert.Equal((0, 7L), (reader.Remaining, read.RecordsBytes));
        Assert.Equal(
            [
                new PushedPartition(1, 2, ErrorCode.None, 3, 4, 5, null, gap, 7),
                new PushedPartition(8, 9, ErrorCode.FencedLeaderEpoch, 10, 11, 12, new EpochEnd(13, 14), frame.Length, 0),
            ],
            read.Partitions.ToArray());
        Assert.Equal("records"u8, frame.AsSpan(gap, 7));
    }

    /// <summary>Whatever is missing at the end is noticed: no length is believed past what is there.</summary>
    [Fact]
    public void Request_CutShortAnywhere_IsRefused()
    {
        var request = new PushRequest();
        request.Subscribe(1, 2, "orders"u8, 3, default);
        request.Acknowledge(default);
        var writer = new WireWriter(_buffer);
        request.Write(ref writer);
        var bytes = _buffer.Written.ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<WireException>(() =>
            {
                var reader = new WireReader(bytes.AsSpan(0, length));
                new PushRequest().Read(ref reader);
            });
        }
    }
}
