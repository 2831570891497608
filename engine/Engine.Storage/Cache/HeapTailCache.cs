using Engine.Protocol.Records;

namespace Engine.Storage.Cache;

/// <summary>One log's newest batches in pooled chunks, in offset order without a gap.</summary>
/// <remarks>
/// The lock is held for look-ups and bookkeeping only, never while bytes are copied: the writer fills the part of a chunk that
/// nobody has been told of, and a reader gets a reference that keeps the chunk from being reused.
/// </remarks>
internal sealed class HeapTailCache(long budgetBytes, int chunkBytes) : IBatchCache
{
    private readonly Lock _lock = new();
    private readonly List<CacheChunk> _chunks = []; // The oldest first.
    private readonly Stack<CacheChunk> _spares = [];
    private long _heldBytes;
    private long _hits;
    private long _misses;

    public (long Hits, long Misses) Counts
    {
        get
        {
            lock (_lock) return (_hits, _misses);
        }
    }

    public bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        lock (_lock)
        {
            if (_chunks.Count == 0 || offset < _chunks[0].BaseOffset || offset >= _chunks[^1].NextOffset)
            {
                _misses++;
                slice = default;
                return false;
            }

            _hits++;
            var (low, high) = (0, _chunks.Count - 1);
            while (low < high)
            {
                var middle = (low + high + 1) >>> 1;
                if (_chunks[middle].BaseOffset <= offset) low = middle;
                else high = middle - 1;
            }

            slice = _chunks[low].Slice(offset, bound, maxBytes, atLeastOneBatch);
            return true;
        }
    }

    public void Put(ReadOnlySpan<byte> batches, long baseOffset)
    {
        var chunk = _chunks.Count == 0 ? null : _chunks[^1];
        if (chunk is not null && chunk.NextOffset != baseOffset)
        {
            Clear();
            chunk = null;
        }

        while (batches.Length > 0)
        {
            var header = new BatchHeader(batches);
            var batch = batches[..header.SizeBytes];
            batches = batches[header.SizeBytes..];
            if (batch.Length > budgetBytes)
            {
                Clear();
                (chunk, baseOffset) = (null, header.NextOffset);
                continue;
            }

            // A chunk begins where the last batch ended: there may be a gap before the next, and its offsets belong to that.
            if (chunk is null || batch.Length > chunk.FreeBytes) chunk = Add(baseOffset, Math.Max(chunkBytes, batch.Length));
            chunk.Fill(batch);
            baseOffset = header.NextOffset;
            lock (_lock) chunk.Publish(batch.Length, baseOffset);
        }
    }

    public void Truncate(long endOffset)
    {
        // Rare, and a chunk cut short would be overwritten under a slice that is still being sent: start afresh.
        if (_chunks.Count > 0 && endOffset < _chunks[^1].NextOffset) Clear();
    }

    public void Dispose() => Clear();

    /// <summary>A reader or the cache itself has let go of the chunk for the last time.</summary>
    internal void Recycle(CacheChunk chunk)
    {
        lock (_lock) _spares.Push(chunk);
    }

    private CacheChunk Add(long baseOffset, int bytes)
    {
        lock (_lock)
        {
            while (_chunks.Count > 0 && _heldBytes + bytes > budgetBytes) DropOldest();
            var chunk = _spares.TryPop(out var spare) ? spare : new CacheChunk(this);
            chunk.Start(baseOffset, bytes);
            _heldBytes += chunk.CapacityBytes;
            _chunks.Add(chunk);
            return chunk;
        }
    }

    private void Clear()
    {
        lock (_lock)
        {
            while (_chunks.Count > 0) DropOldest();
        }
    }

    private void DropOldest()
    {
        var oldest = _chunks[0];
        _chunks.RemoveAt(0);
        _heldBytes -= oldest.CapacityBytes;
        oldest.Dispose();
    }
}
