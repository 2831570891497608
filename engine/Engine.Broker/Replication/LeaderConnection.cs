using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Core.Memory;
using Engine.Protocol.Wire;

namespace Engine.Broker.Replication;

/// <summary>A follower's connection to a leader: blocking, one request at a time, its receive buffer reused.</summary>
internal sealed class LeaderConnection : IDisposable
{
    private readonly Socket _socket;
    private Block _block = BlockPool.Shared.Rent(1 << 20);

    private LeaderConnection(Socket socket) => _socket = socket;

    /// <inheritdoc cref="LeaderSocket.Connect"/>
    public static LeaderConnection Open(string host, int port, CancellationToken stop = default) => new(LeaderSocket.Connect(host, port, stop));

    public void Send(ReadOnlySpan<byte> frame) => _socket.SendAll(frame);

    /// <summary>The next frame without its length; valid until the next call.</summary>
    /// <exception cref="IOException">The leader closed the connection.</exception>
    public ReadOnlySpan<byte> ReceiveFrame()
    {
        // Requests go one at a time, so whatever arrives belongs to this answer and lands at the front of the buffer.
        var received = ReceiveUntil(sizeof(int), 0);
        var length = BinaryPrimitives.ReadInt32BigEndian(_block.Bytes);
        if (length is < 4 or > 1 << 29) throw new WireException($"the leader announced a frame of {length} bytes");

        Grow(sizeof(int) + length, received);
        ReceiveUntil(sizeof(int) + length, received);
        return _block.Bytes.AsSpan(sizeof(int), length);
    }

    /// <summary>May be called from another thread to break off a receive.</summary>
    public void Dispose() => _socket.Dispose();

    private int ReceiveUntil(int wanted, int received)
    {
        while (received < wanted)
        {
            var read = _socket.Receive(_block.Bytes.AsSpan(received));
            if (read == 0) throw new IOException("the leader closed the connection");
            received += read;
        }

        return received;
    }

    private void Grow(int wanted, int received)
    {
        if (_block.Bytes.Length >= wanted) return;

        var larger = BlockPool.Shared.Rent(wanted);
        _block.Bytes.AsSpan(0, received).CopyTo(larger.Bytes);
        _block.Dispose();
        _block = larger;
    }
}
