using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Broker.Network;
using Engine.Core.Memory;

namespace Engine.Tests.Broker.Network;

/// <summary>Bytes behind their length in four bytes, the way Kafka frames its requests, from the client's side.</summary>
internal static class Frames
{
    public static byte[] Random(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void SendFrame(this Socket socket, ReadOnlySpan<byte> body)
    {
        var frame = new byte[4 + body.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, body.Length);
        body.CopyTo(frame.AsSpan(4));
        socket.SendAll(frame);
    }

    public static void SendAll(this Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[socket.Send(bytes)..];
    }

    public static byte[] ReceiveFrame(this Socket socket) => socket.ReceiveExactly(BinaryPrimitives.ReadInt32BigEndian(socket.ReceiveExactly(4)));

    public static byte[] ReceiveExactly(this Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var received = socket.Receive(bytes, at, length - at, SocketFlags.None);
            Assert.NotEqual(0, received);
            at += received;
        }

        return bytes;
    }

    /// <summary>A block that holds a frame.</summary>
    public static Block BlockOf(ReadOnlySpan<byte> body)
    {
        var block = BlockPool.Shared.Rent(4 + body.Length);
        BinaryPrimitives.WriteInt32BigEndian(block.Bytes, body.Length);
        body.CopyTo(block.Bytes.AsSpan(4));
        return block;
    }

    public static void SendFrame(this ITransportConnection connection, ReadOnlySpan<byte> body) =>
        connection.Send(BlockOf(body), 4 + body.Length, more: false);
}

internal delegate void OnFrame(ITransportConnection connection, Span<byte> body);

/// <summary>Cuts frames and holds the transport to its contract.</summary>
internal sealed class FrameHandler(ITransportConnection connection, OnFrame onFrame) : IConnectionHandler
{
    private int _inside;
    private int _closed;
    private bool _stopped;

    public int BytesWanted { get; private set; } = 4;

    public int ClosedCalls => Volatile.Read(ref _closed);

    public ManualResetEventSlim HasClosed { get; } = new();

    /// <summary>Takes one frame a call and leaves the rest to be offered again, instead of all there are.</summary>
    public bool OneAtATime { get; init; }

    /// <summary>From inside <see cref="OnFrame"/>: takes no frame after this one in the same call.</summary>
    public void Stop() => _stopped = true;

    public int Received(Span<byte> bytes)
    {
        Assert.Equal(1, Interlocked.Increment(ref _inside));
        Assert.Equal(0, ClosedCalls);
        Assert.True(bytes.Length >= BytesWanted, $"offered {bytes.Length} bytes, wanted {BytesWanted}");

        var consumed = 0;
        BytesWanted = 4;
        _stopped = false;
        while (!_stopped && bytes.Length - consumed >= 4)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(bytes[consumed..]);
            if (bytes.Length - consumed - 4 < length)
            {
                BytesWanted = 4 + length;
                break;
            }

            var body = bytes.Slice(consumed + 4, length);
            onFrame(connection, body);
            body.Fill(0xEE); // the handler may change what it was given
            consumed += 4 + length;
            _stopped |= OneAtATime;
        }

        Interlocked.Decrement(ref _inside);
        return consumed;
    }

    public void Closed()
    {
        Assert.Equal(0, Volatile.Read(ref _inside));
        Interlocked.Increment(ref _closed);
        HasClosed.Set();
    }
}
