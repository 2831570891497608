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
    private const int ReceivesAtOnce = 16; // of encrypted bytes, a record or two each

    private readonly Socket _socket;
    private readonly LinkTls? _tls;
    private readonly IoVector[] _unsent = GC.AllocateArray<IoVector>(MaxPieces, pinned: true);
    private int _unsentCount;
    private byte[] _received = GC.AllocateUninitializedArray<byte>(64 << 10, pinned: true);
    private int _start;
    private int _end;
    private int _frameStart;
    private int _frameLength;

    /// <exception cref="LoadException">Nobody listens there, or not in time.</exception>
    public Link(BrokerAddress broker, TimeSpan timeout)
    {
        Broker = broker;
        _socket = Sockets.Connect(broker, timeout);
        Handle = (int)_socket.Handle;
        if (broker.Authority is null) return;

        try
        {
            _tls = new LinkTls(_socket, broker, timeout);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
    }

    public BrokerAddress Broker { get; }

    /// <summary>The descriptor to wait for.</summary>
    public int Handle { get; }

    public bool HasUnsent => _unsentCount > 0 || _tls is { HasUnsent: true };

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
    public bool Send()
    {
        while (HasUnsent)
        {
            var pieces = _unsent.AsSpan(0, _unsentCount);
            var sent = Named(_tls?.Send(pieces) ?? Syscalls.Send(Handle, pieces));
            if (sent < 0) return false;

            Settle(sent);
        }

        return true;
    }

    /// <summary>Takes in what has arrived; false when nothing had.</summary>
    /// <exception cref="LoadException">The broker closed the connection, or what it sends is no frame.</exception>
    public bool Receive()
    {
        if (_tls is not null) return ReceiveEncrypted();

        MakeRoom();
        var received = Arrived(Syscalls.Receive(Handle, _received.AsSpan(_end)));
        _end += received;
        return received > 0;
    }

    /// <summary>The frame taken last, without its length; valid until the next <see cref="Receive"/>.</summary>
    public ReadOnlySpan<byte> TakenFrame => _received.AsSpan(_frameStart, _frameLength);

    /// <summary>Takes the next complete frame.</summary>
    public bool TryTakeFrame()
    {
        var length = FrameLength();
        if (length < 0 || _end - _start < Frame.PrefixBytes + length) return false;

        (_frameStart, _frameLength) = (_start + Frame.PrefixBytes, length);
        _start = _frameStart + length;
        return true;
    }

    /// <summary>Waits for and takes exactly so many bytes; not to be mixed with <see cref="Receive"/>.</summary>
    /// <exception cref="LoadException">The connection is lost or the bytes do not come in time.</exception>
    public void ReceiveExactly(Span<byte> into, TimeSpan timeout)
    {
        while (into.Length > 0)
        {
            var received = _tls is not null ? TakeOpened(into) : Arrived(Syscalls.Receive(Handle, into));
            if (received == 0) WaitForMore(timeout);
            into = into[received..];
        }
    }

    /// <summary>Waits for exactly so many bytes and lets the kernel drop them, or drops them once they are decrypted; not to be mixed with <see cref="Receive"/>.</summary>
    /// <exception cref="LoadException">The connection is lost or the bytes do not come in time.</exception>
    public void DropExactly(int count, TimeSpan timeout)
    {
        while (count > 0)
        {
            var dropped = _tls is not null ? DropOpened(count) : Arrived(Syscalls.Drop(Handle, count));
            if (dropped == 0) WaitForMore(timeout);
            count -= dropped;
        }
    }

    public void Dispose()
    {
        _tls?.Dispose();
        _socket.Dispose();
    }

    private unsafe void Settle(int sent)
    {
        SentBytes += sent;
        var whole = 0;
        for (; whole < _unsentCount && (nuint)sent >= _unsent[whole].Length; whole++) sent -= (int)_unsent[whole].Length;
        _unsent.AsSpan(whole, _unsentCount - whole).CopyTo(_unsent);
        _unsentCount -= whole;
        if (sent == 0) return;

        _unsent[0].Bytes += sent;
        _unsent[0].Length -= (nuint)sent;
    }

    // All that came is opened at once: nobody is woken for what has left the socket already.
    private bool ReceiveEncrypted()
    {
        var before = _end - _start;
        for (var i = 0; i < ReceivesAtOnce; i++)
        {
            var received = Arrived(_tls!.Receive());
            for (var opened = _tls.Opened; !opened.IsEmpty; opened = _tls.Opened)
            {
                MakeRoom();
                var count = Math.Min(opened.Length, _received.Length - _end);
                opened[..count].CopyTo(_received.AsSpan(_end));
                _end += count;
                _tls.Take(count);
            }

            if (received == 0 || !_tls.MayHoldMore) break;
        }

        return _end - _start > before;
    }

    private int TakeOpened(Span<byte> into)
    {
        var opened = NextOpened();
        var count = Math.Min(into.Length, opened.Length);
        opened[..count].CopyTo(into);
        _tls!.Take(count);
        return count;
    }

    private int DropOpened(int most)
    {
        var count = Math.Min(most, NextOpened().Length);
        _tls!.Take(count);
        return count;
    }

    private ReadOnlySpan<byte> NextOpened()
    {
        if (_tls!.Opened.IsEmpty) Arrived(_tls.Receive());
        return _tls.Opened;
    }

    private void WaitForMore(TimeSpan timeout)
    {
        Span<PollEntry> entry = [new() { Socket = Handle, Wanted = Syscalls.PollIn }];
        var since = Clock.Now;
        do
        {
            if (Clock.Now - since > Clock.Nanoseconds(timeout)) throw new LoadException($"{Broker} stopped in the middle of an answer");
            Syscalls.Wait(entry, Clock.Nanoseconds(timeout));
        }
        while (entry[0].Ready == 0);
    }

    // A call's outcome as a count of bytes: none when there is nothing yet.
    private int Arrived(int result) => Named(result) != 0 ? Math.Max(0, result) : throw new LoadException($"{Broker} closed the connection");

    private int Named(int result) => result != Syscalls.Lost ? result : throw new LoadException($"the connection to {Broker} is lost: {Syscalls.LastError}");

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
