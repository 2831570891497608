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
    private readonly Block? _block;
    private readonly LogSlice _slice;
    private int _sent;

    public Piece(Block block, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)block.Bytes.Length);
        _block = block;
        Length = length;
    }

    public Piece(in LogSlice slice)
    {
        _slice = slice;
        Length = slice.Length;
    }

    /// <summary>Bytes in all, sent or not.</summary>
    public int Length { get; }

    public readonly int Left => Length - _sent;

    public readonly SafeFileHandle? File => _slice.File;

    public readonly long FilePosition => _slice.FilePosition + _sent;

    public void Advance(int bytes) => _sent += bytes;

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
