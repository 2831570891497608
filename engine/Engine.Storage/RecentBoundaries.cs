namespace Engine.Storage;

/// <summary>The last few hundred batch boundaries of the segment being written, so that a read near the end does no I/O to find its place.</summary>
/// <remarks>
/// One writer, any number of readers, no locks: the writer overwrites the oldest entries of a ring, and a reader checks
/// afterwards that nothing it looked at can have been overwritten meanwhile.
/// </remarks>
internal sealed class RecentBoundaries
{
    private const int Capacity = 512; // 8 KiB a log; at 16 KiB batches, the last 8 MiB
    private const int Slack = 64;     // Oldest entries readers leave alone: the writer may be about to overwrite them.
    private const int FirstCapacity = 32;

    private readonly long[] _offsets;
    private readonly long[] _positions;
    private long _count;

    public RecentBoundaries(LogPosition first)
        : this(FirstCapacity) => Add(first);

    private RecentBoundaries(int capacity)
    {
        _offsets = new long[capacity];
        _positions = new long[capacity];
    }

    /// <summary>Adds the boundary behind the newest batch.</summary>
    public void Add(LogPosition boundary)
    {
        var slot = (int)_count & (_offsets.Length - 1); // A power of two: a division costs as much as all else here.
        Volatile.Write(ref _offsets[slot], boundary.Offset);
        Volatile.Write(ref _positions[slot], boundary.Bytes);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>A copy with room for more, or this where there is room or no more is kept: most logs stay with little.</summary>
    public RecentBoundaries WithRoom()
    {
        if (_count < _offsets.Length || _offsets.Length == Capacity) return this;

        var larger = new RecentBoundaries(_offsets.Length * 4);
        _offsets.CopyTo(larger._offsets, 0);
        _positions.CopyTo(larger._positions, 0);
        larger._count = _count;
        return larger;
    }

    /// <summary>The last boundary whose offset is at most <paramref name="offset"/>; false when that is too long ago.</summary>
    public bool TryFloorOffset(long offset, out LogPosition boundary) => TryFloor(_offsets, offset, out boundary);

    /// <summary>The last boundary that lies at or before <paramref name="position"/>; false when that is too long ago.</summary>
    public bool TryFloorPosition(long position, out LogPosition boundary) => TryFloor(_positions, position, out boundary);

    private bool TryFloor(long[] keys, long key, out LogPosition boundary)
    {
        while (true)
        {
            var count = Volatile.Read(ref _count);
            var capacity = keys.Length;
            var first = capacity < Capacity ? 0 : Math.Max(0, count - Capacity + Slack); // A smaller one is never overwritten.
            var (low, high) = (first, count - 1);
            while (low <= high)
            {
                var middle = low + ((high - low) >> 1);
                if (Volatile.Read(ref keys[middle % capacity]) <= key) low = middle + 1;
                else high = middle - 1;
            }

            boundary = high < first ? default : At(high);
            // Slot `first` is overwritten by boundary number first + Capacity; the writer is at most writing that numbered _count.
            if (Volatile.Read(ref _count) < first + Capacity || capacity < Capacity) return high >= first;
        }
    }

    private LogPosition At(long number) =>
        new(Volatile.Read(ref _offsets[number % _offsets.Length]), Volatile.Read(ref _positions[number % _positions.Length]));
}
