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
        public LogSlice Read(long position, int count)
        {
            var block = BlockPool.Shared.Rent(count);
            try
            {
                file.ReadExactly(position, block.Bytes.AsSpan(0, count));
                return LogSlice.OfMemory(block.Bytes.AsMemory(0, count), block);
            }
            catch
            {
                block.Dispose();
                throw;
            }
        }

        public void Dispose()
        {
            // The handle is the segment file's.
        }
    }
}
