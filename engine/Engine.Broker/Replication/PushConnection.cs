using System.Buffers.Binary;
using System.Net.Sockets;
using Engine.Core.Memory;
using Engine.Protocol.Wire;

namespace Engine.Broker.Replication;

/// <summary>A follower's connection to a leader that pushes: frames come unasked, one behind the other, into a buffer that is reused.</summary>
internal sealed class PushConnection : IDisposable
{
    private const int MaxFrameBytes = 1 << 29;
    private const int WorthReceivingBytes = 256 << 10;

    private readonly Socket _socket;
    private Block _block = BlockPool.Shared.Rent(1 << 20);
    private int _start;
    private int _end;

    private PushConnection(Socket socket) => _socket = socket;

    /// <inheritdoc cref="LeaderSocket.Connect"/>
    public static PushConnection Open(string host, int port, CancellationToken stop) => new(LeaderSocket.Connect(host, port, stop));

    public void Send(ReadOnlySpan<byte> frame) => _socket.SendAll(frame);

    /// <summary>Receives what there is, waiting for it if need be; false when nothing came.</summary>
    /// <exception cref="IOException">The leader closed the connection.</exception>
    public bool TryReceive(TimeSpan wait)
    {
        if (!_socket.Poll(wait, SelectMode.SelectRead)) return false;

        MakeRoom();
        var read = _socket.Receive(_block.Bytes.AsSpan(_end));
        if (read == 0) throw new IOException("the leader closed the connection");
        _end += read;
        return true;
    }

    /// <summary>The next whole frame of what was received, without its length; valid until the next <see cref="TryReceive"/>.</summary>
    public bool TryTakeFrame(out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (_end - _start < Frame.PrefixBytes) return false;

        var length = Length();
        if (_end - _start - Frame.PrefixBytes < length) return false;
        frame = _block.Bytes.AsSpan(_start + Frame.PrefixBytes, length);
        _start += Frame.PrefixBytes + length;
        return true;
    }

    /// <summary>May be called from another thread to break off a wait.</summary>
    public void Dispose() => _socket.Dispose();

    private int Length()
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(_block.Bytes.AsSpan(_start));
        return length is >= 4 and <= MaxFrameBytes ? length : throw new WireException($"the leader announced a frame of {length} bytes");
    }

    private void MakeRoom()
    {
        var pending = _end - _start;
        var wanted = pending < Frame.PrefixBytes ? WorthReceivingBytes : Math.Max(Frame.PrefixBytes + Length(), WorthReceivingBytes);
        if (_start + wanted <= _block.Bytes.Length && _end < _block.Bytes.Length) return;

        var target = wanted <= _block.Bytes.Length ? _block : BlockPool.Shared.Rent(wanted);
        _block.Bytes.AsSpan(_start, pending).CopyTo(target.Bytes);
        if (target != _block) _block.Dispose();
        (_block, _start, _end) = (target, 0, pending);
    }
}
