using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Cache;

namespace Engine.Tests.Storage;

public sealed class HeapTailCacheTests
{
    [Fact]
    public void Read_NewestBatches_ComeFromMemory()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(flush: "os-cache", cache: "heap-tail(budget=128KiB)"));
        var batches = Batches.Series(0, 800);
        scratch.Append(batches);
        Assert.True(batches.Sum(b => b.Length) > 256 << 10);

        Assert.True(scratch.Log.TryRead(scratch.Log.EndOffset - 1, long.MaxValue, 1000, true, out var tail));
        Assert.Null(tail.File);
        Assert.Equal(batches[^1], ScratchLog.Take(tail));
        Assert.Equal((1, 0), scratch.Log.CacheCounts);

        Assert.True(scratch.Log.TryRead(0, long.MaxValue, 1000, true, out var head));
        Assert.NotNull(head.File);
        head.Release();
        Assert.Equal((1, 1), scratch.Log.CacheCounts);
    }

    [Fact]
    public void Slice_NotReleased_KeepsItsBytesWhileTheCacheMovesOn()
    {
        using var cache = new HeapTailCache(budgetBytes: 64 << 10, chunkBytes: 8 << 10);
        var batches = Batches.Series(0, 1000);
        cache.Put(batches[0], 0);
        Assert.True(cache.TryGet(0, long.MaxValue, 1, true, out var slice));
        foreach (var batch in batches.Skip(1)) cache.Put(batch, new BatchHeader(batch).BaseOffset);

        Assert.False(cache.TryGet(0, long.MaxValue, 1, true, out _));
        Assert.Equal(batches[0], ScratchLog.Take(slice));
    }

    [Fact]
    public void Put_Anything_HoldsTheBudgetWithoutAGap()
    {
        using var cache = new HeapTailCache(budgetBytes: 64 << 10, chunkBytes: 8 << 10);
        var batches = Batches.Series(0, 1000);
        foreach (var batch in batches) cache.Put(batch, new BatchHeader(batch).BaseOffset);

        var held = batches.SkipWhile(batch => !cache.TryGet(new BatchHeader(batch).BaseOffset, long.MaxValue, 1, true, out var slice) || !Releases(slice)).ToList();
        Assert.InRange(held.Sum(batch => batch.Length), 40 << 10, 64 << 10);
        Assert.All(held, batch =>
        {
            Assert.True(cache.TryGet(new BatchHeader(batch).LastOffset, long.MaxValue, 1, true, out var slice));
            Assert.Equal(batch, ScratchLog.Take(slice));
        });

        static bool Releases(LogSlice slice)
        {
            slice.Release();
            return true;
        }
    }

    [Fact]
    public void Put_AfterAGapOrTooLarge_StartsAfresh()
    {
        using var cache = new HeapTailCache(budgetBytes: 64 << 10, chunkBytes: 8 << 10);
        cache.Put(Batches.Make(0, 5), 0);
        cache.Put(Batches.Make(50, 5), 50);
        Assert.False(cache.TryGet(0, long.MaxValue, 1000, true, out _));
        Assert.True(cache.TryGet(52, long.MaxValue, 1000, true, out var slice));
        slice.Release();

        cache.Put(Batches.Make(55, 1, 100_000), 55);
        Assert.False(cache.TryGet(55, long.MaxValue, 1000, true, out _));
        Assert.False(cache.TryGet(52, long.MaxValue, 1000, true, out _));
    }

    [Fact]
    public void TryGet_Bound_EndsExactlyThere()
    {
        using var cache = new HeapTailCache(budgetBytes: 1 << 20, chunkBytes: 64 << 10);
        var batches = Batches.Series(0, 20);
        foreach (var batch in batches) cache.Put(batch, new BatchHeader(batch).BaseOffset);

        Assert.True(cache.TryGet(0, new BatchHeader(batches[5]).BaseOffset, int.MaxValue, true, out var slice));
        Assert.Equal(batches.Take(5).SelectMany(b => b), ScratchLog.Take(slice));
        Assert.True(cache.TryGet(0, long.MaxValue, 10, false, out var none));
        Assert.Equal(0, none.Length);
    }
}
