using Engine.Core.Memory;
using Engine.Core.Strategies;

namespace Engine.Storage.Read;

/// <summary>Copies the bytes with pread(2) into a pooled block, which the sender then copies to the socket.</summary>
internal sealed class PositionedRead : IReadPath
{
    public static IReadPath Create(StrategySpec spec) => new PositionedRead();

    public ISegmentReader Open(SegmentFile file, long expectedBytes) => new Reader(file);

    private sealed class Reader(SegmentFile file) : ISegmentReader
    {
        // Who may not wait serves others, and they would wait while more than this is copied: 0.1 ms from memory that a processor has
        // seen lately, several times that where it comes fresh from the disk.
        private const int MostCopiedAtOnceBytes = 256 << 10;

        public LogSlice Read(long position, int count)
        {
            Read(position, count, mayWait: true, out var slice);
            return slice;
        }

        public bool TryReadCached(long position, int count, out LogSlice slice)
        {
            slice = default;
            return count <= MostCopiedAtOnceBytes && Read(position, count, mayWait: false, out slice);
        }

        public void Dispose()
        {
            // The handle is the segment file's.
        }

        private bool Read(long position, int count, bool mayWait, out LogSlice slice)
        {
            slice = default;
            var block = BlockPool.Shared.Rent(count);
            try
            {
                var bytes = block.Bytes.AsSpan(0, count);
                if (mayWait) file.ReadExactly(position, bytes);
                else if (!file.TryReadCached(position, bytes))
                {
                    block.Dispose();
                    return false;
                }

                slice = LogSlice.OfMemory(block.Bytes.AsMemory(0, count), block);
                return true;
            }
            catch
            {
                block.Dispose();
                throw;
            }
        }
    }
}
