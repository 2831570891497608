namespace Engine.Storage.Cache;

/// <summary>A node's cache: chunks of all its logs under one budget, given up in one order when the next one needs the room.</summary>
/// <remarks>
/// One lock guards all of it. It is held for look-ups and bookkeeping, never while bytes are copied or read: whoever fills a chunk
/// or sends from it holds a reference, which keeps the chunk's memory. Such a chunk is passed over when room is needed, since
/// giving it up would free nothing; where all are in use, a batch is simply not kept. So the budget holds whatever clients do.
/// </remarks>
internal sealed class ChunkCaching : IBatchCaching
{
    private const int LargestChunkBytes = 1 << 20;
    private const int SmallestChunkBytes = 16 << 10;

    private readonly CacheMemory _memory;
    private readonly bool _isByUse;
    private readonly ChunkLink _ring = new(); // no chunk itself: the one to be given up next comes after it
    private readonly Stack<CacheChunk> _spares = [];
    private int _logs;
    private long _hits;
    private long _misses;

    /// <param name="memory">Where chunks live, and how much of it there is.</param>
    /// <param name="isByUse">Whether the least recently used chunk goes first, rather than the one begun longest ago.</param>
    /// <param name="keepsReads">Whether what had to be read from a file is kept, not only what is appended.</param>
    public ChunkCaching(CacheMemory memory, bool isByUse, bool keepsReads)
    {
        (_memory, _isByUse, KeepsReads) = (memory, isByUse, keepsReads);
        MostChunkBytes = (int)Math.Min(LargestChunkBytes, memory.BudgetBytes / 8);
    }

    public Lock Gate { get; } = new();

    public bool KeepsReads { get; }

    /// <summary>The most that a chunk is made for, but for a single larger batch: giving one up should not cost too much at once.</summary>
    public int MostChunkBytes { get; }

    public CacheCounts Counts
    {
        get
        {
            lock (Gate) return new CacheCounts(_hits, _misses, _memory.HeldBytes, _memory.BudgetBytes);
        }
    }

    public IBatchCache Create()
    {
        lock (Gate) _logs++;
        return new LogChunks(this);
    }

    // All below: under the gate.

    /// <summary>An empty chunk, referred to once and in nobody's list; null when there is no room for it.</summary>
    public CacheChunk? TryMake(long baseOffset, int bytes)
    {
        CacheBlock? block;
        while ((block = _memory.TryRent(bytes)) is null)
        {
            if (bytes > _memory.BudgetBytes || !GiveOneUp()) return null;
        }

        var chunk = _spares.TryPop(out var spare) ? spare : new CacheChunk(this);
        chunk.Start(block, baseOffset);
        return chunk;
    }

    /// <summary>What the next chunk of a log should hold, after one of <paramref name="lastBytes"/>: more and more, as an idle log should not take much.</summary>
    public int NextChunkBytes(int lastBytes) => Math.Clamp(lastBytes * 2, Math.Min(SmallestChunkBytes, MostChunkBytes), MostChunkBytes);

    /// <summary>The chunk has been put into its log's list.</summary>
    public void Kept(CacheChunk chunk) => chunk.LinkYoungest(_ring);

    public void Hit(CacheChunk chunk)
    {
        _hits++;
        if (_isByUse) chunk.LinkYoungest(_ring);
    }

    public void Missed() => _misses++;

    /// <summary>Everyone has let go of the chunk.</summary>
    public void Recycle(CacheChunk chunk, CacheBlock block)
    {
        _spares.Push(chunk);
        _memory.Return(block);
        if (_logs == 0) _memory.FreeSpares(long.MaxValue);
    }

    /// <summary>A log is closed; with the last one the memory goes.</summary>
    public void Closed()
    {
        if (--_logs == 0) _memory.FreeSpares(long.MaxValue);
    }

    private bool GiveOneUp()
    {
        for (var link = _ring.Younger; link != _ring; link = link.Younger)
        {
            var chunk = (CacheChunk)link;
            if (chunk.IsInUse) continue;
            chunk.Owner!.GiveUp(chunk);
            return true;
        }

        return false;
    }
}
