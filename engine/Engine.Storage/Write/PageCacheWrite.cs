using Engine.Core.Strategies;

namespace Engine.Storage.Write;

/// <summary>One pwrite per append into the page cache, with disk blocks reserved ahead in steps of <c>preallocate</c>.</summary>
/// <remarks>
/// Reserving (fallocate with KEEP_SIZE) makes buffered writes of 64 KiB and more 10-39 % faster; the length stays truthful.
/// 0 reserves nothing. What is left over is given back when the segment is closed.
/// <para>
/// <c>dropBehind</c> gives flushed pages back (posix_fadvise DONTNEED) once they are that far behind the end of a growing
/// segment, and all of a full one: tailing readers still find theirs, others read from the disk, and the next append takes
/// pages that were just in use. Where memory is lent to the machine page by page, as to many virtual ones, a page touched
/// for the first time costs several times a used one. 0 leaves all of it to the operating system.
/// </para>
/// </remarks>
internal sealed class PageCacheWrite(long preallocateBytes, long dropBehindBytes) : IWritePath
{
    public static IWritePath Create(StrategySpec spec) =>
        new PageCacheWrite(preallocateBytes: spec.Bytes("preallocate", 16 << 20), dropBehindBytes: spec.Bytes("dropBehind", 0));

    public ISegmentWriter Open(SegmentFile file, long position) => new Writer(file, new Preallocation(file, position, preallocateBytes));

    public void Flushed(SegmentFile file, long flushedBytes, bool isFull)
    {
        var drop = isFull ? flushedBytes : flushedBytes - dropBehindBytes;
        if (dropBehindBytes > 0 && drop > 0) file.Calls.DropCached(file.Handle, drop);
    }

    public void Verify(string folder)
    {
        // Every file system takes a pwrite.
    }

    private sealed class Writer(SegmentFile file, Preallocation preallocation) : ISegmentWriter
    {
        private Preallocation _preallocation = preallocation;

        public void Write(long position, ReadOnlySpan<byte> bytes)
        {
            _preallocation.Cover(position + bytes.Length);
            file.Calls.Write(file.Handle, bytes, position);
        }

        public void Dispose()
        {
            // The handle is the segment file's.
        }
    }
}
