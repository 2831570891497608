using Engine.Protocol.Records;

namespace Engine.Storage.Cache;

/// <summary>One log's part of a <see cref="ChunkCaching"/>: its chunks in offset order, which do not overlap but may leave gaps.</summary>
internal sealed class LogChunks(ChunkCaching node) : IBatchCache
{
    // All under the node's gate.
    private readonly List<CacheChunk> _chunks = [];
    private CacheChunk? _growing; // the one that Put goes on with; one of the list's
    private int _lastChunkBytes;
    private long _version;
    private long _hits;
    private long _misses;
    private bool _isClosed;

    public (long Hits, long Misses) Counts
    {
        get
        {
            lock (node.Gate) return (_hits, _misses);
        }
    }

    public long Version => Volatile.Read(ref _version);

    public bool TryGet(long offset, long bound, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        slice = default;
        lock (node.Gate)
        {
            var number = Floor(offset);
            if (number < 0 || offset >= _chunks[number].NextOffset) return false;

            _hits++;
            node.Hit(_chunks[number]);
            slice = _chunks[number].Slice(offset, bound, maxBytes, atLeastOneBatch);
            return true;
        }
    }

    public ReadOutcome? Fill(in CacheMiss miss, bool mayWait, out LogSlice slice)
    {
        slice = default;
        var count = Math.Min(miss.Count, node.MostChunkBytes);
        CacheChunk? chunk;
        lock (node.Gate)
        {
            chunk = node.KeepsReads && !_isClosed ? node.TryMake(miss.Offset, count) : null;
            if (chunk is null) return null;
        }

        try
        {
            if (mayWait) miss.File.ReadExactly(miss.Position, chunk.Room(count));
            else if (!miss.File.TryReadCached(miss.Position, chunk.Room(count))) return ReadOutcome.NotInMemory;

            chunk.TakeIn(count);
            lock (node.Gate)
            {
                Keep(chunk, miss.Version);
                // A first batch larger than a chunk, or another reader's chunk where this one's first batch is.
                if (chunk.IsEmpty || chunk.BaseOffset > miss.Offset || chunk.NextOffset <= miss.Offset) return null;
                CountMiss();
                slice = chunk.Slice(miss.Offset, long.MaxValue, miss.Count, atLeastOneBatch: true);
                return ReadOutcome.Found;
            }
        }
        finally
        {
            chunk.Dispose();
        }
    }

    public void Missed()
    {
        lock (node.Gate) CountMiss();
    }

    public void Put(ReadOnlySpan<byte> batches, long baseOffset)
    {
        while (batches.Length > 0)
        {
            var header = new BatchHeader(batches);
            var batch = batches[..header.SizeBytes];
            batches = batches[header.SizeBytes..];
            CacheChunk? chunk;
            lock (node.Gate)
            {
                // From where the last batch ended: there may be a gap before this one, and its offsets belong to this one.
                chunk = Growing(baseOffset, batch.Length);
                baseOffset = header.NextOffset;
                if (chunk is null) continue;
                chunk.Refer();
            }

            chunk.Fill(batch);
            lock (node.Gate)
            {
                if (chunk == _growing) chunk.Publish(header.BaseOffset, header.NextOffset, batch.Length);
                chunk.Release();
            }
        }
    }

    public void Truncate(long endOffset)
    {
        lock (node.Gate)
        {
            _version++;
            // A chunk cut short would be overwritten under a slice that is still being sent: it goes as a whole.
            DropFrom(endOffset);
        }
    }

    public void Dispose()
    {
        lock (node.Gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            _version++;
            DropFrom(long.MinValue);
            node.Closed();
        }
    }

    /// <summary>Lets go of one chunk, under the gate.</summary>
    public void GiveUp(CacheChunk chunk)
    {
        if (chunk == _growing) _growing = null;
        _chunks.RemoveAt(Floor(chunk.BaseOffset));
        chunk.Unlink();
        chunk.Owner = null;
        chunk.Release();
    }

    private void CountMiss()
    {
        _misses++;
        node.Missed();
    }

    /// <summary>The chunk to append a batch to; null when there is no room for one.</summary>
    private CacheChunk? Growing(long baseOffset, int bytes)
    {
        if (_growing is { } growing && growing.NextOffset == baseOffset && growing.FreeBytes >= bytes) return growing;

        _growing = null;
        if (_isClosed) return null;
        DropFrom(baseOffset); // read from the file by someone, before the log was cut
        var chunk = node.TryMake(baseOffset, Math.Max(node.NextChunkBytes(_lastChunkBytes), bytes));
        if (chunk is null) return null;

        _lastChunkBytes = chunk.CapacityBytes;
        Insert(_chunks.Count, chunk);
        _growing = chunk;
        return chunk;
    }

    /// <summary>Keeps what was read, as far as nobody else has read it meanwhile or replaced it.</summary>
    private void Keep(CacheChunk chunk, long version)
    {
        if (version != _version || chunk.IsEmpty) return;

        var before = Floor(chunk.BaseOffset);
        if (before >= 0 && _chunks[before].NextOffset > chunk.BaseOffset) return;
        if (before + 1 < _chunks.Count) chunk.CutAt(_chunks[before + 1].BaseOffset);
        if (chunk.IsEmpty) return;

        chunk.Refer();
        Insert(before + 1, chunk);
    }

    private void Insert(int number, CacheChunk chunk)
    {
        chunk.Owner = this;
        _chunks.Insert(number, chunk);
        node.Kept(chunk);
    }

    private void DropFrom(long offset)
    {
        while (_chunks.Count > 0 && _chunks[^1].NextOffset > offset) GiveUp(_chunks[^1]);
    }

    /// <summary>The last chunk that begins at or before <paramref name="offset"/>; -1: none.</summary>
    private int Floor(long offset)
    {
        var (low, high) = (0, _chunks.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_chunks[middle].BaseOffset <= offset) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }
}
