using System.Buffers.Binary;

namespace Engine.Storage;

/// <summary>A segment's sparse map from timestamps to offsets, in memory and in Kafka's <c>.timeindex</c> format.</summary>
/// <remarks>
/// An entry says: the largest timestamp so far is this, and the batch that first had it ends with that offset. One writer, any
/// number of readers without locks.
/// </remarks>
internal sealed class TimeIndex(long baseOffset, int expectedEntries = 32)
{
    private const int EntryBytes = 12; // int64 timestamp, int32 relative offset, big-endian

    private (long Timestamp, long Offset)[] _entries = new (long, long)[Math.Max(32, expectedEntries)];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The last entry; (-1, base offset) when there is none.</summary>
    public (long Timestamp, long Offset) Last => Volatile.Read(ref _count) is > 0 and var count ? Volatile.Read(ref _entries)[count - 1] : (-1, baseOffset);

    /// <summary>Adds an entry unless it says nothing new.</summary>
    public void Add(long timestamp, long offset)
    {
        if (timestamp <= Last.Timestamp) return;

        if (_count == _entries.Length)
        {
            var grown = new (long, long)[_count * 2];
            _entries.CopyTo(grown, 0);
            Volatile.Write(ref _entries, grown);
        }

        _entries[_count] = (timestamp, offset);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>An offset before which every record is older than <paramref name="timestamp"/>: where to start looking for it.</summary>
    public long OffsetBefore(long timestamp)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries);
        var (low, high) = (0, count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].Timestamp <= timestamp) low = middle + 1;
            else high = middle - 1;
        }

        return high < 0 ? baseOffset : entries[high].Offset;
    }

    /// <summary>Forgets what batches that reach to <paramref name="offset"/> or beyond told. Not while anyone reads.</summary>
    public void DropFrom(long offset)
    {
        while (_count > 0 && Last.Offset >= offset) _count--;
    }

    /// <summary>The entries of batches that end before <paramref name="endOffset"/>. Also while it grows.</summary>
    public byte[] ToBytes(long endOffset = long.MaxValue)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries);
        while (count > 0 && entries[count - 1].Offset >= endOffset) count--;
        var bytes = new byte[count * EntryBytes];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * EntryBytes), entries[i].Timestamp);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * EntryBytes + 8), (int)(entries[i].Offset - baseOffset));
        }

        return bytes;
    }

    /// <summary>The index in <paramref name="bytes"/>, or null when it cannot be that of a segment with this end.</summary>
    public static TimeIndex? Parse(ReadOnlySpan<byte> bytes, long baseOffset, long nextOffset)
    {
        if (bytes.Length % EntryBytes != 0) return null;

        var index = new TimeIndex(baseOffset, bytes.Length / EntryBytes);
        for (var i = 0; i < bytes.Length / EntryBytes; i++)
        {
            var timestamp = BinaryPrimitives.ReadInt64BigEndian(bytes[(i * EntryBytes)..]);
            var offset = BinaryPrimitives.ReadInt32BigEndian(bytes[(i * EntryBytes + 8)..]) + baseOffset;
            var (previousTimestamp, previousOffset) = index.Last;
            if (timestamp <= previousTimestamp || offset < previousOffset || offset >= nextOffset) return null;
            index.Add(timestamp, offset);
        }

        return index;
    }
}
