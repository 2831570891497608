using System.Runtime.InteropServices;
using Engine.Core.Memory;
using Engine.Core.Strategies;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Write;

/// <summary>One O_DIRECT pwrite per append, past the page cache: aligned blocks, the last of them rewritten as it fills.</summary>
/// <remarks>
/// The kernel copies nothing and the writer is never throttled for dirty pages, but each append waits for the disk, and readers
/// of the tail find it on disk instead of in memory. Written is not durable: the disk's own cache still wants a flush.
/// Between appends the file is padded with zeros to a whole block; closing the segment and recovery trim it.
/// </remarks>
internal sealed class DirectWrite(long preallocateBytes) : IWritePath
{
    // What O_DIRECT wants memory, positions and lengths to be multiples of; 4 KiB suits every disk sold. Source: open(2).
    private const int Alignment = 4096;

    public static IWritePath Create(StrategySpec spec) => new DirectWrite(preallocateBytes: spec.Bytes("preallocate", 16 << 20));

    public ISegmentWriter Open(SegmentFile file, long position) => new Writer(file, position, new Preallocation(file, position, preallocateBytes));

    public unsafe void Verify(string folder)
    {
        var probe = Path.Combine(folder, "direct-probe.tmp");
        var block = NativeMemory.AlignedAlloc(Alignment, Alignment);
        try
        {
            File.WriteAllBytes(probe, []);
            using var file = FileCalls.Open(probe, Libc.ReadWrite | Libc.Direct);
            FileCalls.Kernel.Write(file, new ReadOnlySpan<byte>(block, Alignment), 0);
        }
        catch (IOException refused) when (refused.HResult == Libc.Invalid)
        {
            throw new DataFolderException(
                $"the file system of {folder} does not take O_DIRECT, which write=direct needs: choose write=pagecache or a folder on another disk.", refused);
        }
        finally
        {
            NativeMemory.AlignedFree(block);
            File.Delete(probe);
        }
    }

    private sealed class Writer : ISegmentWriter
    {
        private readonly SegmentFile _file;
        private readonly SafeFileHandle _direct;
        private readonly byte[] _lastBlock = new byte[Alignment]; // The begun block's bytes, as far as they are written.
        private Preallocation _preallocation;

        public Writer(SegmentFile file, long position, Preallocation preallocation)
        {
            _file = file;
            _preallocation = preallocation;
            _direct = FileCalls.Open(file.Path, Libc.ReadWrite | Libc.Direct);
            var begun = (int)(position % Alignment);
            if (begun > 0) file.ReadExactly(position - begun, _lastBlock.AsSpan(0, begun));
        }

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            var begun = (int)(position % Alignment);
            var used = begun + bytes.Length;
            var padded = (used + Alignment - 1) / Alignment * Alignment;
            _preallocation.Cover(position - begun + padded);

            using var block = BlockPool.Shared.Rent(padded + Alignment);
            var blocks = block.Bytes.AsSpan(AlignedStart(block), padded);
            _lastBlock.AsSpan(0, begun).CopyTo(blocks);
            bytes.CopyTo(blocks[begun..]);
            blocks[used..].Clear();
            _file.Calls.Write(_direct, blocks, position - begun);
            blocks[(used / Alignment * Alignment)..used].CopyTo(_lastBlock);
        }

        public void Dispose() => _direct.Dispose();

        private static unsafe int AlignedStart(Block block)
        {
            // Blocks are pinned for life, so the address holds.
            var address = (nuint)Marshal.UnsafeAddrOfPinnedArrayElement(block.Bytes, 0);
            return (int)((Alignment - (address % Alignment)) % Alignment);
        }
    }
}
