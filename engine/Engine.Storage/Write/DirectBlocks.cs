using System.Runtime.InteropServices;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Write;

/// <summary>Aligned blocks of memory, each of which may be on its way to the disk, by Linux' asynchronous I/O.</summary>
/// <remarks>
/// Not io_uring: for O_DIRECT it does no more, and many machines forbid it. One thread at a time. Source: io_submit(2), io_getevents(2).
/// </remarks>
internal sealed unsafe class DirectBlocks
{
    /// <summary>What O_DIRECT wants memory, positions and lengths to be multiples of; 4 KiB suits every disk sold. Source: open(2).</summary>
    public const int Alignment = 4096;

    private readonly nint _context;
    private readonly byte*[] _memory;
    private readonly Libc.AsyncWrite* _writes;
    private readonly Libc.AsyncResult* _results;
    private readonly SafeFileHandle?[] _files; // Of the writes in flight.

    /// <exception cref="IOException">The system has no room for more of this kind (fs.aio-max-nr).</exception>
    public DirectBlocks(int blockBytes, int depth)
    {
        (BlockBytes, Depth) = (blockBytes, depth);
        _memory = new byte*[depth];
        _files = new SafeFileHandle?[depth];
        _writes = (Libc.AsyncWrite*)NativeMemory.AllocZeroed((nuint)depth, (nuint)sizeof(Libc.AsyncWrite));
        _results = (Libc.AsyncResult*)NativeMemory.AllocZeroed((nuint)depth, (nuint)sizeof(Libc.AsyncResult));
        if (Libc.AsyncSetup(depth, out _context) != 0) throw FileCalls.Failed("io_setup");
    }

    ~DirectBlocks()
    {
        if (_context != 0) _ = Libc.AsyncDestroy(_context); // Waits for what is in flight.
        foreach (var memory in _memory) NativeMemory.AlignedFree(memory);
        NativeMemory.Free(_writes);
        NativeMemory.Free(_results);
    }

    public int BlockBytes { get; }

    public int Depth { get; }

    public int InFlight { get; private set; }

    /// <summary>A block's memory, made when first asked for. Not to be changed while the block is in flight.</summary>
    public Span<byte> Memory(int block)
    {
        if (_memory[block] == null) _memory[block] = (byte*)NativeMemory.AlignedAlloc((nuint)BlockBytes, Alignment);
        return new Span<byte>(_memory[block], BlockBytes);
    }

    /// <summary>Starts writing the block's first <paramref name="count"/> bytes at <paramref name="position"/>.</summary>
    public void Begin(int block, SafeFileHandle file, int count, long position)
    {
        var write = _writes + block;
        *write = new Libc.AsyncWrite
        {
            Block = (ulong)block, Operation = Libc.AsyncPwrite, File = (uint)file.DangerousGetHandle(),
            Memory = (ulong)_memory[block], Count = (ulong)count, Position = position,
        };
        while (Libc.AsyncSubmit(_context, 1, &write) != 1)
        {
            if (Marshal.GetLastPInvokeError() is not (Libc.TryAgain or Libc.Interrupted)) throw FileCalls.Failed("io_submit");
        }

        _files[block] = file; // Also keeps the handle, whose number the kernel has, from being collected.
        InFlight++;
    }

    /// <summary>On return the block may be filled again.</summary>
    /// <exception cref="IOException">A write has failed, this one or another.</exception>
    public void WaitFor(int block)
    {
        while (_files[block] is not null) WaitForSome();
    }

    /// <summary>On return nothing is in flight.</summary>
    /// <exception cref="IOException">A write has failed; others may still be in flight.</exception>
    public void WaitForAll()
    {
        while (InFlight > 0) WaitForSome();
    }

    /// <summary>Waits until nothing is in flight, whatever became of it.</summary>
    public void Abandon()
    {
        while (InFlight > 0)
        {
            try
            {
                WaitForSome();
            }
            catch (IOException)
            {
                // Known already, or of bytes that nobody wants any more.
            }
        }
    }

    private void WaitForSome()
    {
        var count = Libc.AsyncResults(_context, 1, Depth, _results, 0);
        if (count < 0)
        {
            if (Marshal.GetLastPInvokeError() == Libc.Interrupted) return;
            throw new InvalidOperationException("io_getevents", FileCalls.Failed("io_getevents")); // Its arguments are wrong: a bug.
        }

        IOException? failure = null;
        for (var i = 0; i < count; i++)
        {
            var block = (int)_results[i].Block;
            var file = _files[block]!;
            _files[block] = null;
            InFlight--;
            failure ??= Complete(_writes[block], _results[i].Result, file);
        }

        if (failure is not null) throw failure;
    }

    /// <summary>What has become of a write; one that stopped short is finished, which also tells why it did.</summary>
    private static IOException? Complete(in Libc.AsyncWrite write, long result, SafeFileHandle file)
    {
        if (result < 0) return FileCalls.Failed("io_submit", (int)-result);
        if (result == (long)write.Count) return null;
        try
        {
            var rest = new ReadOnlySpan<byte>((byte*)write.Memory + result, (int)((long)write.Count - result));
            FileCalls.Kernel.Write(file, rest, write.Position + result);
            return null;
        }
        catch (IOException failure)
        {
            return failure;
        }
    }
}
