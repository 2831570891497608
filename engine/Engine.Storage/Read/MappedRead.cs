using System.Buffers;
using Engine.Core.Strategies;
using Engine.Storage.Native;

namespace Engine.Storage.Read;

/// <summary>Maps each segment's file into memory and hands out views of it; the sender's copy faults the pages in.</summary>
/// <remarks>
/// A mapping is made once for a segment's full size: what the file has yet to grow into costs nothing but addresses, and becomes
/// readable as it is written. It lasts as long as the file is referred to, so as long as the last slice. The file never gets
/// shorter under a slice, which would end the process with SIGBUS: truncation zeroes, and trimming takes only unwritten bytes.
/// </remarks>
internal sealed class MappedRead : IReadPath
{
    public static IReadPath Create(StrategySpec spec) => new MappedRead();

    public ISegmentReader Open(SegmentFile file, long expectedBytes) => new Reader(file, expectedBytes);

    private sealed class Reader(SegmentFile file, long expectedBytes) : ISegmentReader
    {
        private readonly Lock _growing = new();
        private readonly List<Mapping> _outgrown = [];
        private Mapping? _mapping;

        public LogSlice Read(long position, int count)
        {
            var mapping = Volatile.Read(ref _mapping);
            if (mapping is null || position + count > mapping.Length) mapping = Grow(position + count);
            file.Refer();
            return LogSlice.OfMapping(mapping.Memory.Slice((int)position, count), position, file);
        }

        // Nobody refers to the file any more, so nobody holds a view of it.
        public void Dispose()
        {
            foreach (IDisposable mapping in _outgrown) mapping.Dispose();
            ((IDisposable?)_mapping)?.Dispose();
        }

        private Mapping Grow(long bytes)
        {
            lock (_growing)
            {
                if (_mapping is { } current)
                {
                    if (bytes <= current.Length) return current;
                    _outgrown.Add(current);
                }

                var grown = new Mapping(file, (int)Math.Max(bytes, expectedBytes));
                Volatile.Write(ref _mapping, grown);
                return grown;
            }
        }
    }

    /// <summary>A stretch of mapped memory as <see cref="Memory{T}"/>.</summary>
    private sealed unsafe class Mapping : MemoryManager<byte>
    {
        private readonly nint _address;

        public Mapping(SegmentFile file, int length)
        {
            _address = Libc.Mmap(0, (nuint)length, Libc.ProtectRead, Libc.MapShared, file.Handle, 0);
            if (_address == Libc.MapFailed) throw FileCalls.Failed("mmap");
            Length = length;
        }

        public int Length { get; }

        public override Span<byte> GetSpan() => new((void*)_address, Length);

        public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex);

        public override void Unpin()
        {
            // Mapped memory does not move.
        }

        protected override void Dispose(bool disposing) => _ = Libc.Munmap(_address, (nuint)Length);
    }
}
