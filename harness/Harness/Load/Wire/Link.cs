using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Engine.Protocol.Wire;

namespace Harness.Load.Wire;

/// <summary>One TCP connection to a broker that never blocks: pieces queue up to be sent, frames are taken as they complete.</summary>
/// <remarks>For one thread, which waits with <see cref="Syscalls.Wait"/>. After warm-up nothing is allocated.</remarks>
internal sealed class Link : IDisposable
{
    private const int MaxPieces = 64; // what one sendmsg is given
    private const int MaxFrameBytes = 1 << 30;

    private readonly Socket _socket;
    private readonly IoVector[] _unsent = GC.AllocateArray<IoVector>(MaxPieces, pinned: true);
    private int _unsentCount;
    private byte[] _received = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
    private int _start;
    private int _end;

    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public Link(BrokerAddress broker, TimeSpan timeout)
    {
        Broker = broker;
        _socket = Sockets.Connect(broker, timeout);
        Handle = (int)_socket.Handle;
    }

    public BrokerAddress Broker { get; }

    /// <summary>The descriptor to wait for.</summary>
    public int Handle { get; }

    public bool HasUnsent => _unsentCount > 0;

    /// <summary>How many more pieces <see cref="Queue"/> takes before some are sent.</summary>
    public int Room => MaxPieces - _unsentCount;

    public long SentBytes { get; private set; }

    /// <summary>Queues bytes of a pinned array, which must not change until all is sent.</summary>
    public unsafe void Queue(byte[] pinned, int start, int length)
    {
        ref var piece = ref _unsent[_unsentCount++];
        piece.Bytes = (byte*)Unsafe.AsPointer(ref pinned[start]);
        piece.Length = (nuint)length;
    }

    /// <summary>Sends what the kernel takes; true when nothing is left.</summary>
    public unsafe bool Send()
    {
        while (_unsentCount > 0)
        {
            var sent = Syscalls.Send(Handle, _unsent.AsSpan(0, _unsentCount));
            if (sent < 0) return false;

            SentBytes += sent;
            var whole = 0;
            for (; whole < _unsentCount && (nuint)sent >= _unsent[whole].Length; whole++) sent -= (int)_unsent[whole].Length;
            _unsent.AsSpan(whole, _unsentCount - whole).CopyTo(_unsent);
            _unsentCount -= whole;
            if (_unsentCount == 0) return true;

            _unsent[0].Bytes += sent;
            _unsent[0].Length -= (nuint)sent;
        }

        return true;
    }

    /// <summary>Takes in what has arrived; false when nothing had.</summary>
    /// <exception cref="LoadException">The broker closed the connection, or what it sends is no frame.</exception>
    public bool Receive()
    {
        MakeRoom();
        var received = Syscalls.Receive(Handle, _received.AsSpan(_end));
        if (received == 0) throw new LoadException($"{Broker} closed the connection");
        if (received < 0) return false;

        _end += received;
        return true;
    }

    /// <summary>Takes the next complete frame, without its length; valid until the next <see cref="Receive"/>.</summary>
    public bool TryTakeFrame(out ReadOnlySpan<byte> frame)
    {
        var length = FrameLength();
        if (length < 0 || _end - _start < Frame.PrefixBytes + length)
        {
            frame = default;
            return false;
        }

        frame = _received.AsSpan(_start + Frame.PrefixBytes, length);
        _start += Frame.PrefixBytes + length;
        return true;
    }

    public void Dispose() => _socket.Dispose();

    // Room for the rest of the frame that has begun; a frame as large as the buffer makes the buffer grow, once.
    private void MakeRoom()
    {
        if (_start == _end) _start = _end = 0;
        var length = FrameLength();
        var wanted = length < 0 ? 0 : Frame.PrefixBytes + length;
        if (_start + wanted <= _received.Length && _end < _received.Length) return;

        var into = wanted <= _received.Length && _start > 0
            ? _received
            : GC.AllocateUninitializedArray<byte>(Math.Max(wanted, _received.Length * 2), pinned: true);
        _received.AsSpan(_start, _end - _start).CopyTo(into);
        _received = into;
        _end -= _start;
        _start = 0;
    }

    private int FrameLength()
    {
        if (_end - _start < Frame.PrefixBytes) return -1;

        var length = BinaryPrimitives.ReadInt32BigEndian(_received.AsSpan(_start));
        return length is >= 4 and <= MaxFrameBytes ? length : throw new LoadException($"{Broker} sent a frame of {length} bytes");
    }
}
