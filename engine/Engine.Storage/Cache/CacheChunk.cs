using Engine.Core.Memory;

namespace Engine.Storage.Cache;

/// <summary>A block of consecutive batches that goes back to its pool when the cache and every slice of it have let go.</summary>
/// <remarks>Filled by the log's writer; everything else under the cache's lock, but for <see cref="Dispose"/>, which anyone calls.</remarks>
internal sealed class CacheChunk(HeapTailCache cache) : IDisposable
{
    private Block? _block;
    private long[] _offsets = new long[64]; // Base offsets of the batches, ascending.
    private int[] _positions = new int[64]; // Where they begin.
    private int _batches;
    private int _filledBytes;
    private int _references;

    public long BaseOffset { get; private set; }

    public long NextOffset { get; private set; }

    public int CapacityBytes => _block!.Bytes.Length;

    public int FreeBytes => CapacityBytes - _filledBytes;

    /// <summary>Makes it an empty chunk of the cache's.</summary>
    public void Start(long baseOffset, int bytes)
    {
        _block = BlockPool.Shared.Rent(bytes);
        _references = 1;
        (_batches, _filledBytes) = (0, 0);
        (BaseOffset, NextOffset) = (baseOffset, baseOffset);
    }

    /// <summary>Copies a batch to where no reader looks yet.</summary>
    public void Fill(ReadOnlySpan<byte> batch) => batch.CopyTo(_block!.Bytes.AsSpan(_filledBytes));

    /// <summary>Shows readers the batch just filled in.</summary>
    public void Publish(int bytes, long nextOffset)
    {
        if (_batches == _offsets.Length)
        {
            Array.Resize(ref _offsets, _batches * 2);
            Array.Resize(ref _positions, _batches * 2);
        }

        _offsets[_batches] = NextOffset;
        _positions[_batches++] = _filledBytes;
        _filledBytes += bytes;
        NextOffset = nextOffset;
    }

    /// <summary>As <see cref="IBatchCache.TryGet"/>; the offset is in this chunk.</summary>
    public LogSlice Slice(long offset, long bound, int maxBytes, bool atLeastOneBatch)
    {
        var first = Floor(_offsets, offset);
        var start = _positions[first];
        var end = bound >= NextOffset ? _filledBytes : _positions[Floor(_offsets, bound)];
        if (end - start > maxBytes)
        {
            end = _positions[Floor(_positions, start + maxBytes)];
            if (end == start && !atLeastOneBatch) return default;
            if (end == start) end = first + 1 < _batches ? _positions[first + 1] : _filledBytes;
        }

        if (end <= start) return default;
        Interlocked.Increment(ref _references);
        return LogSlice.OfMemory(_block!.Bytes.AsMemory(start, end - start), this);
    }

    /// <summary>Gives up one reference.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) > 0) return;
        _block!.Dispose();
        _block = null;
        cache.Recycle(this);
    }

    /// <summary>The last entry that is at most <paramref name="key"/>.</summary>
    private int Floor<T>(T[] keys, T key)
        where T : IComparable<T>
    {
        var found = Array.BinarySearch(keys, 0, _batches, key);
        return found >= 0 ? found : ~found - 1;
    }
}
