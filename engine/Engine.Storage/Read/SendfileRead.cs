using Engine.Core.Strategies;

namespace Engine.Storage.Read;

/// <summary>Touches no bytes: hands out a range of the file, for sendfile(2) from the page cache to the socket.</summary>
internal sealed class SendfileRead : IReadPath
{
    public static IReadPath Create(StrategySpec spec) => new SendfileRead();

    public ISegmentReader Open(SegmentFile file, long expectedBytes) => new Reader(file);

    private sealed class Reader(SegmentFile file) : ISegmentReader
    {
        public LogSlice Read(long position, int count) => LogSlice.OfFile(file.Handle, position, count, file.Refer());

        public void Dispose()
        {
            // The handle is the segment file's.
        }
    }
}
