using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Write;

/// <summary>Fills blocks with one segment's appends and has them written.</summary>
/// <remarks>
/// The file is cut into runs: a run begins at the 4 KiB boundary at or before the first byte that is not on disk, and ends when it is
/// settled. Only the block being filled may be written twice, and never with its earlier write still in flight.
/// </remarks>
internal sealed class DirectWriter(SegmentFile file, long position, long preallocateBytes, DirectWrite path) : ISegmentWriter
{
    private readonly Lock _writing = new();
    private Preallocation _preallocation = new(file, position, preallocateBytes, extends: true);
    private SafeFileHandle? _direct; // Opened by the first append: an idle log has one file open, not two.
    private byte[]? _begun;          // What the 4 KiB that the file ends in hold so far; null until known.
    private DirectBlocks? _blocks;   // Those of the current run; null when all is settled.
    private int _block;              // The one being filled,
    private long _blockStart;        // where in the file it begins,
    private int _used;               // and how much it holds.
    private IOException? _failure;

    public void Write(long position, ReadOnlySpan<byte> bytes)
    {
        lock (_writing)
        {
            ThrowIfFailed();
            try
            {
                if (_blocks is null) BeginRun(position);
                // Only writes within the file's length go in parallel; a single one is faster where it makes the file longer itself.
                if (file.MayHold || _used + bytes.Length > _blocks!.BlockBytes) _preallocation.Cover(AlignUp(position + bytes.Length));
                Fill(bytes);
                if (!file.MayHold) EndRun();
            }
            catch (IOException failure)
            {
                throw Fail(failure);
            }
        }
    }

    public void Settle()
    {
        if (Volatile.Read(ref _blocks) is null && Volatile.Read(ref _failure) is null) return;
        lock (_writing)
        {
            ThrowIfFailed();
            try
            {
                if (_blocks is not null) EndRun();
            }
            catch (IOException failure)
            {
                throw Fail(failure);
            }
        }
    }

    public void Dispose()
    {
        lock (_writing)
        {
            LetGo();
            _direct?.Dispose();
        }
    }

    private void BeginRun(long position)
    {
        _direct ??= FileCalls.Open(file.Path, Libc.ReadWrite | Libc.Direct | (file.WritesThrough ? Libc.DataSync : 0));
        var blocks = path.Rent(file.MayHold);
        Volatile.Write(ref _blocks, blocks);
        (_block, _blockStart) = (0, position / DirectBlocks.Alignment * DirectBlocks.Alignment);
        _used = (int)(position - _blockStart);
        if (_begun is null)
        {
            _begun = new byte[DirectBlocks.Alignment];
            file.ReadExactly(_blockStart, _begun.AsSpan(0, _used));
        }

        _begun.AsSpan(0, _used).CopyTo(blocks.Memory(0));
    }

    private void Fill(ReadOnlySpan<byte> bytes)
    {
        var blocks = _blocks!;
        while (bytes.Length > 0)
        {
            if (_used == blocks.BlockBytes)
            {
                file.Calls.Begin(blocks, _block, _direct!, _used, _blockStart);
                _block = (_block + 1) % blocks.Depth;
                blocks.WaitFor(_block);
                (_blockStart, _used) = (_blockStart + blocks.BlockBytes, 0);
            }

            var count = Math.Min(bytes.Length, blocks.BlockBytes - _used);
            bytes[..count].CopyTo(blocks.Memory(_block)[_used..]);
            _used += count;
            bytes = bytes[count..];
        }
    }

    private void EndRun()
    {
        var blocks = _blocks!;
        var padded = (int)AlignUp(_used);
        var memory = blocks.Memory(_block)[..padded];
        memory[_used..].Clear();
        if (blocks.InFlight > 0)
        {
            file.Calls.Begin(blocks, _block, _direct!, padded, _blockStart);
            blocks.WaitForAll();
        }
        else
        {
            file.Calls.Write(_direct!, memory, _blockStart); // Alone: one call instead of two.
        }

        memory[(_used / DirectBlocks.Alignment * DirectBlocks.Alignment).._used].CopyTo(_begun);
        LetGo();
    }

    private IOException Fail(IOException failure)
    {
        Volatile.Write(ref _failure, failure);
        LetGo();
        return failure;
    }

    private void ThrowIfFailed()
    {
        if (_failure is { } failure) throw new IOException(failure.Message, failure);
    }

    private void LetGo()
    {
        if (_blocks is not { } blocks) return;
        blocks.Abandon();
        path.Return(blocks);
        Volatile.Write(ref _blocks, null); // Last: who sees it finds the bytes in the file.
    }

    private static long AlignUp(long bytes) => (bytes + DirectBlocks.Alignment - 1) / DirectBlocks.Alignment * DirectBlocks.Alignment;
}
