using System.Buffers.Binary;
using Engine.Protocol.Records;

namespace Engine.Storage;

/// <summary>A segment's sparse map from offsets to file positions, in memory and in Kafka's <c>.index</c> format.</summary>
/// <remarks>
/// An entry holds the last offset of a batch, relative to the segment's base, and where that batch begins. One writer, any
/// number of readers without locks: the count is published after the entry it counts.
/// </remarks>
internal sealed class OffsetIndex(long baseOffset, int expectedEntries = 32)
{
    private const int EntryBytes = 8; // int32 relative offset, int32 position, big-endian

    // An entry in a long: relative offset in the upper half, position in the lower, so that reading it cannot tear.
    private long[] _entries = new long[Math.Max(32, expectedEntries)];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The last entry, or the segment's begin when there is none.</summary>
    public (long LastOffset, long Position) Last => Count == 0 ? (baseOffset - 1, 0) : Entry(Count - 1);

    public void Add(long lastOffset, long position)
    {
        if (_count == _entries.Length)
        {
            var grown = new long[_count * 2];
            _entries.CopyTo(grown, 0);
            Volatile.Write(ref _entries, grown);
        }

        _entries[_count] = (lastOffset - baseOffset) << 32 | position;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Where to start looking for <paramref name="offset"/>: a batch boundary not after its batch.</summary>
    public long PositionBefore(long offset)
    {
        var count = Count;
        var entries = Volatile.Read(ref _entries);
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (baseOffset + (entries[middle] >> 32) <= offset) low = middle + 1;
            else high = middle - 1;
        }

        return high < 0 ? 0 : entries[high] & int.MaxValue;
    }

    /// <summary>The last indexed batch boundary at or before <paramref name="position"/>; 0 when there is none.</summary>
    public long BoundaryBefore(long position)
    {
        var count = Count;
        var entries = Volatile.Read(ref _entries);
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if ((entries[middle] & int.MaxValue) <= position) low = middle + 1;
            else high = middle - 1;
        }

        return high < 0 ? 0 : entries[high] & int.MaxValue;
    }

    /// <summary>The last entry whose batch ends at or before <paramref name="offset"/>; -1 when there is none.</summary>
    public int NumberBefore(long offset)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Entry(middle).LastOffset <= offset) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }

    /// <summary>The last entry whose batch begins at or before <paramref name="position"/>; -1 when there is none.</summary>
    public int NumberAtOrBefore(long position)
    {
        var (low, high) = (0, Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (Entry(middle).Position <= position) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }

    public (long LastOffset, long Position) Entry(int number)
    {
        var entry = Volatile.Read(ref _entries)[number];
        return (baseOffset + (entry >> 32), entry & int.MaxValue);
    }

    /// <summary>Whether a sample of the batches it names, the last among them, are where it says.</summary>
    public bool AgreesWith(SegmentFile file, long sizeBytes)
    {
        const int Samples = 16;
        Span<byte> header = stackalloc byte[BatchHeader.Size];
        for (var i = 1; i <= Samples && Count > 0; i++)
        {
            var (lastOffset, position) = Entry((int)((long)Count * i / Samples) is > 0 and var number ? number - 1 : 0);
            var scan = new HeaderScan(file, position, sizeBytes, header);
            if (!scan.MoveNext() || scan.Header.LastOffset != lastOffset) return false;
        }

        return true;
    }

    /// <summary>Forgets batches that reach to <paramref name="offset"/> or beyond. Not while anyone reads.</summary>
    public void DropFrom(long offset)
    {
        while (_count > 0 && Last.LastOffset >= offset) _count--;
    }

    /// <summary>The entries of batches that begin before <paramref name="endPosition"/>. Also while it grows.</summary>
    public byte[] ToBytes(long endPosition = long.MaxValue)
    {
        var count = Count;
        while (count > 0 && Entry(count - 1).Position >= endPosition) count--;
        var bytes = new byte[count * EntryBytes];
        var entries = Volatile.Read(ref _entries);
        for (var i = 0; i < count; i++) BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * EntryBytes), entries[i]);
        return bytes;
    }

    /// <summary>The index in <paramref name="bytes"/>, or null when it cannot be that of a segment with this end and size.</summary>
    public static OffsetIndex? Parse(ReadOnlySpan<byte> bytes, long baseOffset, long nextOffset, long sizeBytes)
    {
        if (bytes.Length % EntryBytes != 0) return null;

        var index = new OffsetIndex(baseOffset, bytes.Length / EntryBytes);
        for (var i = 0; i < bytes.Length / EntryBytes; i++)
        {
            var offset = BinaryPrimitives.ReadInt32BigEndian(bytes[(i * EntryBytes)..]) + baseOffset;
            var position = BinaryPrimitives.ReadInt32BigEndian(bytes[(i * EntryBytes + 4)..]);
            var (previousOffset, previousPosition) = index.Last;
            if (offset <= previousOffset || offset >= nextOffset || position <= previousPosition || position >= sizeBytes) return null;
            index.Add(offset, position);
        }

        return index;
    }
}
