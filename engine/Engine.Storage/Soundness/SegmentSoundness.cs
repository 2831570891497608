namespace Engine.Storage.Soundness;

/// <summary>Which of a segment's bytes are known to be as they were appended, and which are known not to be.</summary>
/// <remarks>
/// What this process wrote, or checked when it recovered the log, it knows. What it found on the disk it checks when it is first
/// read, with one read and one pass over the bytes, and then never again: a bit for every 64 KiB says so, and the fast path
/// asks for nothing else. So a bit that flips on the disk while the node is down, or before its bytes are first read, is
/// found; one that flips behind the page cache of a running node later is not. Thread-safe.
/// </remarks>
internal sealed class SegmentSoundness(Segment segment)
{
    private const int BlockBits = 16;

    private readonly Lock _checking = new();
    private long _foundBytes;
    private long _foundNextOffset;
    private long[]? _checked; // A bit for each block: the batches that begin in it have been checked.
    private Damage[] _damages = [];

    /// <summary>In the order of the file. A new array for every change.</summary>
    public Damage[] Damages => Volatile.Read(ref _damages);

    /// <summary>Told of each once, on the thread that found it.</summary>
    public Action<Damage>? Found { get; set; }

    /// <summary>The segment's first bytes were found on the disk and are taken on trust until they are read.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="nextOffset">The offset after their last record.</param>
    public void TakeOnTrust(long bytes, long nextOffset)
    {
        _foundNextOffset = nextOffset;
        Volatile.Write(ref _foundBytes, bytes);
    }

    /// <summary>This segment is what another was, up to where that one is cut.</summary>
    public void Inherit(SegmentSoundness other, LogPosition end)
    {
        var found = Volatile.Read(ref other._foundBytes);
        if (found <= end.Bytes) TakeOnTrust(found, other._foundNextOffset);
        else TakeOnTrust(end.Bytes, end.Offset);
        Volatile.Write(ref _damages, [.. other.Damages.Where(damage => damage.End <= end.Bytes)]);
    }

    /// <summary>Whether a stretch that begins with a batch is known to be sound. Allocates nothing and reads nothing.</summary>
    public bool Knows(long start, long end)
    {
        if (Damages.Length > 0) return false;
        var found = Volatile.Read(ref _foundBytes);
        if (start >= found) return true;
        if (Volatile.Read(ref _checked) is not { } bits) return false;

        var last = (Math.Min(end, found) - 1) >> BlockBits;
        for (var block = start >> BlockBits; block <= last; block++)
        {
            if (!IsSet(bits, block)) return false;
        }

        return true;
    }

    /// <summary>Checks what is not known of a stretch that begins with a batch. The caller holds a reference to the file.</summary>
    /// <returns>Where the sound part of it ends.</returns>
    /// <exception cref="DamagedLogException">Its first batch is damaged.</exception>
    public long Check(long start, long end)
    {
        var found = Volatile.Read(ref _foundBytes);
        if (start < found)
        {
            lock (_checking)
            {
                var bits = _checked;
                if (bits is null) Volatile.Write(ref _checked, bits = new long[(found >> (BlockBits + 6)) + 1]);
                var last = (Math.Min(end, found) - 1) >> BlockBits;
                for (var block = start >> BlockBits; block <= last; block++)
                {
                    if (IsSet(bits, block)) continue;
                    var first = block;
                    while (block < last && !IsSet(bits, block + 1)) block++;
                    CheckBlocks(first << BlockBits, Math.Min((block + 1) << BlockBits, found), found);
                    for (var done = first; done <= block; done++) Interlocked.Or(ref bits[done >> 6], 1L << (int)(done & 63));
                }
            }
        }

        foreach (var damage in Damages)
        {
            if (damage.Position <= start && start < damage.End) throw new DamagedLogException(damage);
            if (damage.Position > start) end = Math.Min(end, damage.Position);
        }

        return end;
    }

    /// <summary>The boundary of the batch that holds <paramref name="offset"/>, past whatever is damaged before it.</summary>
    /// <exception cref="DamagedLogException">It is itself damaged.</exception>
    /// <exception cref="InvalidDataException">The segment holds no such batch.</exception>
    public LogPosition Find(long offset)
    {
        var end = segment.SizeBytes;
        using var walk = BeginBefore(segment.OffsetIndex.NumberBefore(offset), end, segment.NextOffset);
        if (walk.Position > 0 && offset < walk.NextOffset) return walk.Current;
        while (true)
        {
            if (walk.MoveNext())
            {
                if (offset < walk.NextOffset) return walk.Current;
                continue;
            }

            if (walk.Position >= end) break;
            var damage = DamageAt(walk.Position) ?? Note(walk.Position, walk.NextOffset, end, segment.NextOffset);
            if (offset == damage.Offset) return new LogPosition(offset, damage.Position);
            if (offset < damage.NextOffset) throw new DamagedLogException(damage);
            walk.SkipTo(damage);
        }

        if (offset == walk.NextOffset) return new LogPosition(offset, end);
        throw new InvalidDataException($"{segment.File.Path} holds no batch with offset {offset}");
    }

    /// <summary>Takes down that no sound batch begins at <paramref name="position"/>, and finds out how far that goes.</summary>
    /// <param name="position">Where a sound batch ended.</param>
    /// <param name="offset">The offset after it.</param>
    /// <param name="end">Where the segment's bytes end,</param>
    /// <param name="nextOffset">and which offset comes then.</param>
    public Damage Note(long position, long offset, long end, long nextOffset)
    {
        var next = SoundBatchSearch.After(segment.File, position, end, above: offset, below: nextOffset + 1) ?? new LogPosition(nextOffset, end);
        var damage = new Damage(segment.File.Path, position, next.Bytes - position, offset, next.Offset);
        while (true)
        {
            var before = Damages;
            if (Array.Find(before, one => one.Position <= position && position < one.End) is { } known) return known;
            if (Interlocked.CompareExchange(ref _damages, [.. before.Append(damage).OrderBy(one => one.Position)], before) == before) break;
        }

        Found?.Invoke(damage);
        return damage;
    }

    /// <summary>Its bytes have been written anew.</summary>
    /// <returns>False when it is none of this segment's.</returns>
    public bool Forget(Damage damage)
    {
        while (true)
        {
            var before = Damages;
            if (!before.Contains(damage)) return false;
            if (Interlocked.CompareExchange(ref _damages, [.. before.Where(one => one != damage)], before) == before) return true;
        }
    }

    /// <summary>What is known to be damaged at this place, if anything.</summary>
    public Damage? DamageAt(long position) => Array.Find(Damages, one => one.Position <= position && position < one.End);

    private static bool IsSet(long[] bits, long block) => (Volatile.Read(ref bits[block >> 6]) & (1L << (int)(block & 63))) != 0;

    private void CheckBlocks(long from, long to, long end)
    {
        using var walk = BeginBefore(segment.OffsetIndex.NumberAtOrBefore(from), end, _foundNextOffset);
        while (walk.Position < to)
        {
            if (walk.MoveNext()) continue;
            if (walk.Position >= end) return;
            walk.SkipTo(DamageAt(walk.Position) ?? Note(walk.Position, walk.NextOffset, end, _foundNextOffset));
        }
    }

    /// <summary>A walk from an indexed batch, or from one before it where that is not what the index says it is.</summary>
    private BatchWalk BeginBefore(int number, long end, long limitOffset)
    {
        var index = segment.OffsetIndex;
        for (number = Math.Min(number, index.Count - 1); number >= 0; number--)
        {
            var (lastOffset, position) = index.Entry(number);
            // Where it begins, only its header tells; that this is right is told by where it ends and by its CRC.
            var walk = new BatchWalk(segment.File, position, end, nextOffset: -1, limitOffset);
            if (walk.MoveNext() && walk.NextOffset == lastOffset + 1) return walk;
            walk.Dispose();
        }

        return new BatchWalk(segment.File, 0, end, segment.BaseOffset, limitOffset);
    }
}
