using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Cache;
using Engine.Tests.Allocation;
using Engine.Tests.Broker.Network;
using Engine.Tests.Storage;

namespace Engine.Tests.Contracts;

/// <summary>What holds for every cache by which a log can be read, whatever it keeps.</summary>
[Collection(nameof(Alone))] // one of them counts allocations
public sealed class CacheContractTests
{
    private const long BudgetBytes = 256 << 10;

    public static TheoryData<string> All => [.. BatchCaches.Catalog.Strategies.Select(cache => Text(cache.Name))];

    public static TheoryData<string> Keeping => [.. BatchCaches.Catalog.Strategies.Where(cache => cache.Name != "none").Select(cache => Text(cache.Name))];

    public static TheoryData<string> KeepingReads => [Text("heap-lru"), Text("native")];

    [Theory, MemberData(nameof(All))]
    public void Read_AtEveryOffset_HasTheBytesAppended(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 1500);
        scratch.Append(batches);
        Assert.True(scratch.Log.SizeBytes > 2 * BudgetBytes, "the log must not fit");

        for (var round = 0; round < 2; round++)
        {
            foreach (var batch in batches)
            {
                var header = new BatchHeader(batch);
                for (var offset = header.BaseOffset; offset < header.NextOffset; offset++)
                    Assert.Equal(batch, scratch.Read(offset, maxBytes: 1));
            }

            Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0, maxBytes: 50_000));
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Read_UpToABound_EndsThere(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 300);
        scratch.Append(batches);
        foreach (var last in new[] { 1, 7, 150, 299 })
        {
            foreach (var first in new[] { 0, last / 2, last - 1 })
            {
                var (from, bound) = (Base(batches[first]), Base(batches[last]));
                var all = new List<byte>();
                while (from < bound)
                {
                    var bytes = scratch.Read(from, bound);
                    all.AddRange(bytes);
                    from = LastNext(bytes);
                }

                Assert.Equal(batches.Take(first..last).SelectMany(batch => batch), all);
            }
        }
    }

    [Theory, MemberData(nameof(All))]
    public void Truncate_ThenOtherBatches_NeverTheOldOnes(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 200);
        scratch.Append(batches);
        scratch.ReadAll(0);
        var cut = Base(batches[120]);
        scratch.Log.TruncateTo(cut);
        Assert.Equal(batches.Take(120).SelectMany(batch => batch), scratch.ReadAll(0));

        var others = Batches.Series(cut, 100, seed: 2);
        scratch.Append(others);
        Assert.Equal(batches.Take(120).Concat(others).SelectMany(batch => batch), scratch.ReadAll(0));
        Assert.Equal(others[0], scratch.Read(cut, maxBytes: 1));
    }

    [Theory, MemberData(nameof(All))]
    public void TruncateFully_AndStartElsewhere_KnowsNothingOfBefore(string cache)
    {
        using var scratch = Open(cache);
        scratch.Append(Batches.Series(0, 100));
        scratch.ReadAll(0);
        scratch.Log.TruncateFullyAndStartAt(50);
        var batches = Batches.Series(50, 100, seed: 3);
        scratch.Append(batches);
        Assert.False(scratch.Log.TryRead(0, long.MaxValue, 1000, true, out _));
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(50));
    }

    [Theory, MemberData(nameof(All))]
    public void Retention_OfWhatIsCached_TakesItAway(string cache)
    {
        using var scratch = Open(cache, new LogOptions { SegmentBytes = 16 << 10, RetentionBytes = 40 << 10 });
        var batches = Batches.Series(0, 200);
        scratch.Append(batches);
        scratch.ReadAll(0);
        scratch.Log.Retain(unixMilliseconds: 0);

        var start = scratch.Log.StartOffset;
        Assert.InRange(start, 1, scratch.Log.EndOffset - 1);
        Assert.False(scratch.Log.TryRead(start - 1, long.MaxValue, 1000, true, out _));
        Assert.Equal(batches.Where(batch => Base(batch) >= start).SelectMany(batch => batch), scratch.ReadAll(start));
    }

    [Theory, MemberData(nameof(All))]
    public async Task Readers_BesideAnAppenderAndOneAnother_SeeTheBytesAppended(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 4000);
        var at = batches.ToDictionary(Base);
        var appending = Task.Run(() => scratch.Append(batches));
        var reading = Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            var offset = 0L;
            while (offset < LastNext(batches[^1]))
            {
                // Mostly onwards, now and then back, so that readers meet in old chunks and in new ones.
                if (random.Next(50) == 0) offset = Base(batches[batches.FindLastIndex(batch => Base(batch) <= offset / 2)]);
                var end = scratch.Log.EndOffset;
                if (offset >= end) continue;
                var bytes = scratch.Read(offset, end, random.Next(1, 20_000)).AsSpan();
                while (bytes.Length >= BatchHeader.Size && new BatchHeader(bytes).SizeBytes <= bytes.Length)
                {
                    var header = new BatchHeader(bytes);
                    Assert.True(bytes[..header.SizeBytes].SequenceEqual(at[header.BaseOffset]));
                    offset = header.NextOffset;
                    bytes = bytes[header.SizeBytes..];
                }

                Assert.InRange(scratch.Caching.Counts.HeldBytes, 0, BudgetBytes);
            }
        })).ToArray();

        await appending;
        await Task.WhenAll(reading);
    }

    [Theory, MemberData(nameof(Keeping))]
    public void Budget_OfManyLogsAndSlicesInUse_IsNeverExceeded(string cache)
    {
        using var scratch = Open(cache);
        var logs = Enumerable.Range(0, 20).Select(i => scratch.Data.OpenLog("more", Guid.NewGuid(), i, new LogOptions())).ToList();
        var slices = new List<LogSlice>();
        var (random, batches) = (new Random(1), Batches.Series(0, 400));
        foreach (var batch in batches)
        {
            foreach (var log in logs)
            {
                log.Append(batch);
                Assert.InRange(scratch.Caching.Counts.HeldBytes, 1, BudgetBytes);
            }

            // As slow clients hold theirs: more and more of the budget is in use, until all of it is.
            Assert.True(logs[random.Next(20)].TryRead(random.NextInt64(0, logs[0].EndOffset), long.MaxValue, 1000, true, out var slice));
            slices.Add(slice);
            Assert.InRange(scratch.Caching.Counts.HeldBytes, 1, BudgetBytes);
        }

        foreach (var slice in slices) slice.Release();
        foreach (var log in logs) scratch.Data.DeleteLog(log);
        scratch.Data.Dispose();
        Assert.Equal(0, scratch.Caching.Counts.HeldBytes);
    }

    [Theory, MemberData(nameof(Keeping))]
    public void Slice_OfAChunkLongGivenUp_KeepsItsBytes(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 2000);
        scratch.Append(batches[0]);
        Assert.True(scratch.Log.TryRead(0, long.MaxValue, 1, true, out var first));
        Assert.Null(first.File);
        scratch.Append(batches.Skip(1));
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
        scratch.Log.TruncateTo(1);
        scratch.Append(Batches.Series(scratch.Log.EndOffset, 2000, seed: 5));

        Assert.Equal(batches[0], ScratchLog.Take(first));
    }

    [Theory, MemberData(nameof(Keeping))]
    public void Counts_TellReadsAnsweredFromReadsThatWereNot(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 1500);
        scratch.Append(batches);

        scratch.Read(scratch.Log.EndOffset - 1);
        Assert.Equal((1, 0), scratch.Log.CacheCounts);
        scratch.Read(0, maxBytes: 1000);
        Assert.Equal((1, 1), scratch.Log.CacheCounts);
        scratch.Read(scratch.Log.EndOffset, maxBytes: 1000); // nothing there: no read at all
        Assert.Equal((1, 1), scratch.Log.CacheCounts);
        var counts = scratch.Caching.Counts;
        Assert.Equal((1, 1, BudgetBytes), (counts.Hits, counts.Misses, counts.BudgetBytes));
    }

    [Theory, MemberData(nameof(KeepingReads))]
    public void Read_OfOldBatches_IsKeptForTheNextReader(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 1500);
        scratch.Append(batches);

        var first = scratch.Read(0, maxBytes: 20_000);
        Assert.Equal((0, 1), scratch.Log.CacheCounts);
        Assert.Equal(first, scratch.Read(0, maxBytes: 20_000));
        Assert.Equal((1, 1), scratch.Log.CacheCounts);
        // A read that overlaps what is kept takes in what lies before it only, and none of it twice.
        scratch.Read(LastNext(first), maxBytes: 20_000);
        Assert.Equal((1, 2), scratch.Log.CacheCounts);
        Assert.Equal(batches.SelectMany(batch => batch), scratch.ReadAll(0));
    }

    [Theory, MemberData(nameof(KeepingReads))]
    public void Chunk_UsedAgainAndAgain_OutlivesThoseThatAreNot(string cache)
    {
        using var scratch = Open(cache);
        var batches = Batches.Series(0, 3000);
        scratch.Append(batches.Take(1000));
        scratch.Read(0, maxBytes: 10_000);
        foreach (var batch in batches.Skip(1000))
        {
            scratch.Append(batch);
            scratch.Read(0, maxBytes: 10_000);
        }

        Assert.Equal((2000, 1), scratch.Log.CacheCounts);
    }

    [Theory, MemberData(nameof(Keeping))]
    public void AppendAndRead_OnceWarm_AllocateNothing(string cache)
    {
        using var scratch = Open(cache, new LogOptions { IndexIntervalBytes = 1 << 30 });
        var (batch, offset) = (Batches.Make(0, 10, 100), 0L);
        var allocated = new AllocationMeter(warmUp: 2000, rounds: 1000).Measure(_ =>
        {
            BatchHeader.Assign(batch, offset, 0);
            scratch.Log.Append(batch);
            Assert.True(scratch.Log.TryRead(offset, long.MaxValue, 1 << 20, true, out var young));
            young.Release();
            Assert.True(scratch.Log.TryRead(0, long.MaxValue, 5000, true, out var old));
            old.Release();
            offset += 10;
        });

        Assert.Equal(0, allocated);
    }

    private static string Text(string name) => name == "none" ? name : $"{name}(budget=256KiB)";

    private static ScratchLog Open(string cache, LogOptions? options = null) =>
        new(options, StorageStrategies.Create(flush: "os-cache", cache: cache));

    private static long Base(byte[] batch) => new BatchHeader(batch).BaseOffset;

    /// <summary>Where a run of whole batches ends.</summary>
    private static long LastNext(ReadOnlySpan<byte> bytes)
    {
        var next = -1L;
        while (bytes.Length >= BatchHeader.Size && new BatchHeader(bytes).SizeBytes <= bytes.Length)
        {
            var header = new BatchHeader(bytes);
            next = header.NextOffset;
            bytes = bytes[header.SizeBytes..];
        }

        return next;
    }
}
