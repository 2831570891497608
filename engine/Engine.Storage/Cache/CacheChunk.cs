using Engine.Protocol.Records;

namespace Engine.Storage.Cache;

/// <summary>Consecutive batches of one log in one block of memory, which goes back when the cache and every slice of it have let go.</summary>
/// <remarks>All under the cache's lock, but for filling, which nobody else looks at yet, and <see cref="Dispose"/>, which takes the lock.</remarks>
internal sealed class CacheChunk(ChunkCaching cache) : ChunkLink, IDisposable
{
    private CacheBlock? _block;
    private long[] _offsets = new long[64]; // Base offsets of the batches, ascending.
    private long[] _nexts = new long[64];   // The offsets after their last records; there may be gaps between batches, where a log was compacted.
    private int[] _positions = new int[64]; // Where they begin.
    private int _batches;
    private int _filledBytes;
    private int _references;

    /// <summary>The log that it belongs to; null while it belongs to none.</summary>
    public LogChunks? Owner { get; set; }

    public long BaseOffset { get; private set; }

    public long NextOffset { get; private set; }

    public int CapacityBytes => _block!.SizeBytes;

    public int FreeBytes => CapacityBytes - _filledBytes;

    public bool IsEmpty => _batches == 0;

    /// <summary>Whether someone besides the cache refers to it: giving it up would free nothing.</summary>
    public bool IsInUse => _references > 1;

    /// <summary>Makes it an empty chunk, referred to once.</summary>
    public void Start(CacheBlock block, long baseOffset)
    {
        _block = block;
        _references = 1;
        (_batches, _filledBytes) = (0, 0);
        (BaseOffset, NextOffset) = (baseOffset, baseOffset);
    }

    public void Refer() => _references++;

    /// <summary>Gives up one reference, under the cache's lock.</summary>
    public void Release()
    {
        if (--_references > 0) return;
        var block = _block!;
        _block = null;
        cache.Recycle(this, block);
    }

    /// <summary>Gives up a slice's reference.</summary>
    public void Dispose()
    {
        lock (cache.Gate) Release();
    }

    /// <summary>Copies a batch to where no reader looks yet. The caller holds a reference of its own.</summary>
    public void Fill(ReadOnlySpan<byte> batch) => batch.CopyTo(_block!.Memory.Span[_filledBytes..]);

    /// <summary>Room for bytes to be read into a chunk that nobody else has seen yet.</summary>
    public Span<byte> Room(int bytes) => _block!.Memory.Span[..bytes];

    /// <summary>Takes note of the whole batches in the first <paramref name="bytes"/> of <see cref="Room"/>.</summary>
    public void TakeIn(int bytes)
    {
        var rest = _block!.Memory.Span[..bytes];
        while (rest.Length >= BatchHeader.Size)
        {
            var header = new BatchHeader(rest);
            if (header.Magic != 2 || header.SizeBytes < BatchHeader.Size || header.SizeBytes > rest.Length) return;
            if (header.LastOffsetDelta < 0 || (_batches > 0 && header.BaseOffset < NextOffset)) return;

            // Of a gap before the first batch it is known from where on that batch is what follows.
            if (_batches == 0) BaseOffset = Math.Min(BaseOffset, header.BaseOffset);
            Publish(header.BaseOffset, header.NextOffset, header.SizeBytes);
            rest = rest[header.SizeBytes..];
        }
    }

    /// <summary>Shows readers the batch just filled in.</summary>
    public void Publish(long baseOffset, long nextOffset, int bytes)
    {
        if (_batches == _offsets.Length)
        {
            Array.Resize(ref _offsets, _batches * 2);
            Array.Resize(ref _nexts, _batches * 2);
            Array.Resize(ref _positions, _batches * 2);
        }

        _offsets[_batches] = baseOffset;
        _nexts[_batches] = nextOffset;
        _positions[_batches++] = _filledBytes;
        _filledBytes += bytes;
        NextOffset = nextOffset;
    }

    /// <summary>Forgets the batches from <paramref name="offset"/> on. Only before anyone has seen them.</summary>
    public void CutAt(long offset)
    {
        while (_batches > 0 && _nexts[_batches - 1] > offset) _filledBytes = _positions[--_batches];
        NextOffset = _batches == 0 ? BaseOffset : _nexts[_batches - 1];
    }

    /// <summary>As <see cref="IBatchCache.TryGet"/>; the offset is in this chunk.</summary>
    public LogSlice Slice(long offset, long bound, int maxBytes, bool atLeastOneBatch)
    {
        var first = Floor(_offsets, offset);
        if (first < 0 || _nexts[first] <= offset) first++; // in a gap: what follows it is as good
        var start = _positions[first];
        var end = bound >= NextOffset ? _filledBytes : _positions[Ceiling(bound)];
        if (end - start > maxBytes)
        {
            end = _positions[Floor(_positions, start + maxBytes)];
            if (end == start && !atLeastOneBatch) return default;
            if (end == start) end = first + 1 < _batches ? _positions[first + 1] : _filledBytes;
        }

        if (end <= start) return default;
        Refer();
        return LogSlice.OfMemory(_block!.Memory[start..end], this);
    }

    /// <summary>The last entry that is at most <paramref name="key"/>.</summary>
    private int Floor<T>(T[] keys, T key)
        where T : IComparable<T>
    {
        var found = Array.BinarySearch(keys, 0, _batches, key);
        return found >= 0 ? found : ~found - 1;
    }

    /// <summary>The first batch that begins at <paramref name="bound"/> or, in a gap, behind it.</summary>
    private int Ceiling(long bound)
    {
        var found = Array.BinarySearch(_offsets, 0, _batches, bound);
        if (found >= 0) return found;
        // Within a batch: that batch is not to be seen.
        return ~found > 0 && _nexts[~found - 1] > bound ? ~found - 1 : ~found;
    }
}
