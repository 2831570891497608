namespace Engine.Broker.Waiting;

/// <summary>Who waits for one of a partition's offsets (its end or its high watermark) to reach a point.</summary>
/// <remarks>Guarded by the partition's lock; what <see cref="TakeReached"/> hands out is woken after the lock is left.</remarks>
internal sealed class OffsetWaiters
{
    private Entry[] _entries = []; // Most of ten thousand partitions are never waited for.
    private int _count;

    // The smallest offset waited for: most advances in a backlog wake nobody and cost one comparison.
    private long _nearest = long.MaxValue;

    public bool IsEmpty => _count == 0;

    public void Add(OffsetWait wait, int token, long offset)
    {
        if (_count == _entries.Length) Array.Resize(ref _entries, Math.Max(4, _count * 2));
        _entries[_count++] = new Entry(wait, token, offset);
        _nearest = Math.Min(_nearest, offset);
    }

    /// <summary>Forgets all entries of <paramref name="wait"/>, whose use is over.</summary>
    public void Remove(OffsetWait wait)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
            if (_entries[i].Wait != wait) _entries[kept++] = _entries[i];
        Shrink(kept);
    }

    /// <summary>Moves those whose offset is reached to <paramref name="woken"/>; with <see cref="long.MaxValue"/>, all.</summary>
    public void TakeReached(long offset, ref WokenWaits woken)
    {
        if (offset < _nearest) return;

        var kept = 0;
        _nearest = long.MaxValue;
        for (var i = 0; i < _count; i++)
        {
            var entry = _entries[i];
            if (entry.Offset <= offset)
            {
                woken.Add(entry.Wait, entry.Token);
                continue;
            }

            _nearest = Math.Min(_nearest, entry.Offset);
            _entries[kept++] = entry;
        }

        Shrink(kept);
    }

    private void Shrink(int kept)
    {
        Array.Clear(_entries, kept, _count - kept);
        _count = kept;
        if (kept == 0) _nearest = long.MaxValue;
    }

    private readonly record struct Entry(OffsetWait Wait, int Token, long Offset);
}
