namespace Engine.Storage.Read;

/// <summary>How stored bytes get from a segment's file to whoever sends them.</summary>
public interface IReadPath
{
    /// <summary>Starts reading <paramref name="file"/>, which may still grow, up to about <paramref name="expectedBytes"/>.</summary>
    ISegmentReader Open(SegmentFile file, long expectedBytes);
}

/// <summary>Reads one segment's file, from many threads at once.</summary>
public interface ISegmentReader : IDisposable
{
    /// <summary>
    /// The <paramref name="count"/> bytes from <paramref name="position"/> on, all of them written. The caller holds a reference
    /// to the file; a slice that refers to it takes its own. Allocates nothing.
    /// </summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    LogSlice Read(long position, int count);

    /// <summary>The same for a caller that may not wait for the disk; false when the bytes are not in memory.</summary>
    /// <remarks>A reader that only says where the bytes are, and leaves it to whoever sends them to touch them, need not define it.</remarks>
    bool TryReadCached(long position, int count, out LogSlice slice)
    {
        slice = Read(position, count);
        return true;
    }
}
