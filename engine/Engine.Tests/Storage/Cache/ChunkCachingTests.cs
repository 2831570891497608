using Engine.Core.Strategies;
using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Cache;

namespace Engine.Tests.Storage.Cache;

/// <summary>What the caches keep and give up, seen from closer than a log lets one see.</summary>
public sealed class ChunkCachingTests
{
    [Fact]
    public void Put_OfManyBatches_KeepsTheNewestAndNearlyAllOfTheBudget()
    {
        var caching = new ChunkCaching(Memory(256 << 10), isByUse: false, keepsReads: false);
        using var cache = caching.Create();
        var batches = Batches.Series(0, 2000);
        foreach (var batch in batches) cache.Put(batch, new BatchHeader(batch).BaseOffset);

        var held = batches.SkipWhile(batch => !Holds(cache, new BatchHeader(batch).BaseOffset)).ToList();
        Assert.InRange(held.Sum(batch => batch.Length), 200 << 10, 256 << 10);
        Assert.All(held, batch => Assert.True(Holds(cache, new BatchHeader(batch).LastOffset)));
    }

    [Fact]
    public void Put_AfterAGapOrTooLarge_LeavesThatOutAndGoesOn()
    {
        var caching = new ChunkCaching(Memory(64 << 10), isByUse: false, keepsReads: false);
        using var cache = caching.Create();
        cache.Put(Batches.Make(0, 5), 0);
        cache.Put(Batches.Make(50, 5), 50);
        Assert.True(Holds(cache, 4));
        Assert.False(Holds(cache, 5));
        Assert.True(Holds(cache, 52));

        cache.Put(Batches.Make(55, 1, 100_000), 55);
        Assert.False(Holds(cache, 55));
        cache.Put(Batches.Make(56, 1), 56);
        Assert.True(Holds(cache, 56));
    }

    [Fact]
    public void Chunks_OfTwoLogs_ShareOneBudgetAndGoInTheOrderOfTheirAge()
    {
        var caching = new ChunkCaching(Memory(128 << 10), isByUse: false, keepsReads: false);
        using var idle = caching.Create();
        using var busy = caching.Create();
        idle.Put(Batches.Make(0, 5), 0);
        var batches = Batches.Series(0, 60);
        foreach (var batch in batches) busy.Put(batch, new BatchHeader(batch).BaseOffset);
        Assert.True(Holds(idle, 0));

        foreach (var batch in Batches.Series(new BatchHeader(batches[^1]).NextOffset, 1000)) busy.Put(batch, new BatchHeader(batch).BaseOffset);
        Assert.False(Holds(idle, 0));
        Assert.InRange(caching.Counts.HeldBytes, 100 << 10, 128 << 10);
    }

    [Fact]
    public void Read_OfACompactedLog_BeginsBehindTheGap()
    {
        var caching = new ChunkCaching(Memory(1 << 20), isByUse: false, keepsReads: false);
        using var cache = caching.Create();
        var (before, after) = (Batches.Make(0, 5), Batches.Make(20, 5));
        CacheChunk chunk;
        lock (caching.Gate) chunk = caching.TryMake(0, 4096)!;
        before.CopyTo(chunk.Room(before.Length));
        after.CopyTo(chunk.Room(before.Length + after.Length)[before.Length..]);
        chunk.TakeIn(before.Length + after.Length);

        // Offset 7 lies in no batch: an answer with the batch before it alone would never get further.
        Assert.Equal(after, ScratchLog.Take(chunk.Slice(7, long.MaxValue, 1, atLeastOneBatch: true)));
        Assert.Equal(before, ScratchLog.Take(chunk.Slice(0, 10, 10_000, atLeastOneBatch: true)));
        Assert.Equal(before, ScratchLog.Take(chunk.Slice(4, 20, 10_000, atLeastOneBatch: true)));
    }

    [Fact]
    public void Put_OfBatchesWithGapsBetween_AnswersWithinTheGapsToo()
    {
        var caching = new ChunkCaching(Memory(1 << 20), isByUse: false, keepsReads: false);
        using var cache = caching.Create();
        var (first, second) = (Batches.Make(5, 5), Batches.Make(30, 5));
        cache.Put(first.Concat(second).ToArray(), 0);

        foreach (var (offset, expected) in new[] { (0, first), (5, first), (9, first), (10, second), (29, second), (34, second) })
        {
            Assert.True(cache.TryGet(offset, long.MaxValue, 1, true, out var slice));
            Assert.Equal(expected, ScratchLog.Take(slice));
        }

        Assert.False(cache.TryGet(35, long.MaxValue, 1, true, out _));
    }

    [Fact]
    public void Fill_OfABeginningThatWasCutMeanwhile_IsNotKept()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "os-cache"));
        var batches = Batches.Series(0, 10);
        scratch.Append(batches);
        var caching = new ChunkCaching(Memory(1 << 20), isByUse: true, keepsReads: true);
        using var cache = caching.Create();
        using var file = new FileOf(scratch);

        var version = cache.Version;
        cache.Truncate(5);
        Assert.Equal(ReadOutcome.Found, cache.Fill(new CacheMiss(file.Segment, 0, 5000, 0, version), mayWait: true, out var slice));
        Assert.Equal(batches[0], ScratchLog.Take(slice)[..batches[0].Length]);
        Assert.False(Holds(cache, 0));

        Assert.Equal(ReadOutcome.Found, cache.Fill(new CacheMiss(file.Segment, 0, 2000, 0, cache.Version), mayWait: true, out slice));
        slice.Release();
        Assert.True(Holds(cache, 0));
    }

    [Theory]
    [InlineData("heap-tail(budget=1KiB)")]
    [InlineData("heap-lru(budget=127KiB)")]
    [InlineData("native(budget=2000GiB)")]
    public void Budget_OutOfBounds_IsRefused(string text) =>
        Assert.Contains("budget", Assert.Throws<StrategyException>(() => BatchCaches.Catalog.Create(text)).Message, StringComparison.Ordinal);

    private static CacheMemory Memory(long budgetBytes) => new(budgetBytes, bytes => new HeapBlock(bytes));

    private static bool Holds(IBatchCache cache, long offset)
    {
        if (!cache.TryGet(offset, long.MaxValue, 1, true, out var slice)) return false;
        slice.Release();
        return true;
    }

    /// <summary>The one segment's file of a log, taken from a slice of it.</summary>
    private sealed class FileOf : IDisposable
    {
        private readonly LogSlice _slice;

        public FileOf(ScratchLog scratch)
        {
            Assert.True(scratch.Log.TryRead(0, long.MaxValue, 1, true, out _slice));
            Segment = _slice.Source!;
        }

        public SegmentFile Segment { get; }

        public void Dispose() => _slice.Release();
    }
}
