using Engine.Storage;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Core.Memory;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Network.Sockets;

/// <summary>Something queued for sending, and what of it is left: the front of a block, or a piece of a log.</summary>
internal unsafe struct Piece
{
    // Asking whether it is in memory costs under a microsecond a step; what is read in must stay there until it is sent.
    private const int StoredStepBytes = 1 << 20;

    // Pages that have just been read in are first faulted into the mapping, 64 KiB at a time, and then copied from no processor's cache: a
    // megabyte of them takes 1.5 ms. A kernel that does not preempt itself lets nobody else have the processor until the call returns.
    private const int MostFaultedBytes = 128 << 10;

    private readonly Block? _block;
    private readonly LogSlice _slice;
    private int _sent;

    public Piece(Block block, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)block.Bytes.Length);
        _block = block;
        Length = length;
    }

    /// <summary>Bytes that go out as they are, ahead of what is encrypted after them: a TLS session's own.</summary>
    public static Piece OfEncrypted(Block block, int length) => new(block, length) { IsEncrypted = true };

    public Piece(in LogSlice slice)
    {
        _slice = slice;
        Length = slice.Length;
    }

    /// <summary>Bytes in all, sent or not.</summary>
    public int Length { get; }

    public readonly int Left => Length - _sent;

    /// <summary>What of it one system call is to send: of bytes that come from a file only so many as are asked for at a time.</summary>
    public readonly int Next => _slice.IsStored ? Math.Min(Left, StoredStepBytes) : Left;

    /// <summary>How much of it one system call may copy.</summary>
    public readonly int MostAtOnce => IsFaultedIn ? MostFaultedBytes : int.MaxValue;

    /// <summary>Whether it is not to be encrypted, because it is.</summary>
    public bool IsEncrypted { get; private init; }

    public readonly SafeFileHandle? File => _slice.File;

    public readonly long FilePosition => _slice.FilePosition + _sent;

    /// <summary>Whether <see cref="Next"/> can be sent without waiting for the disk.</summary>
    public readonly bool IsAtHand => _slice.IsAtHand(_sent, Next);

    /// <summary>Whether it is so much of a mapped file fresh from the disk that whoever serves others leaves it to a thread that does not.</summary>
    public readonly bool IsLongToFault => IsFaultedIn && Length > MostFaultedBytes;

    public void Advance(int bytes) => _sent += bytes;

    /// <summary>Has the disk begin with what is next, and with as much again, so that it does not idle while the first is sent.</summary>
    public readonly void BringIn() => _slice.BringIn(_sent, Math.Min(Left, 2 * StoredStepBytes));

    /// <summary>Tells that the next byte was sent by someone who waited for it.</summary>
    public readonly void NoteUsed() => _slice.NoteUsed(_sent);

    /// <summary>What is left of a piece in memory.</summary>
    public readonly ReadOnlyMemory<byte> Bytes => _block is not null ? _block.Bytes.AsMemory(_sent, Left) : _slice.Memory[_sent..];

    /// <summary>The address of what is left of a piece in memory, until <paramref name="pin"/> is disposed.</summary>
    public readonly byte* Pin(out MemoryHandle pin)
    {
        if (_block is not null)
        {
            pin = default; // blocks are pinned for life
            return (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_block.Bytes)) + _sent;
        }

        pin = _slice.Memory.Pin();
        return (byte*)pin.Pointer + _sent;
    }

    private readonly bool IsFaultedIn => File is null && _slice.IsFresh;

    public readonly void Release()
    {
        if (_block is not null)
            _block.Dispose();
        else
            _slice.Release();
    }
}

/// <summary>The pieces that one system call sends.</summary>
[InlineArray(MostPieces)]
internal struct Gathering
{
    public const int MostPieces = 16;

    private Piece _first;
}
