using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Cache;
using Engine.Storage.Read;
using Engine.Storage.Write;
using Engine.Tests.Allocation;
using Engine.Tests.Storage;

namespace Engine.Tests.Contracts;

/// <summary>What every write path, flush policy, read path and cache keeps: the same bytes come back, whatever happened between.</summary>
/// <remarks>A strategy is enrolled here by being in its catalog.</remarks>
public sealed class StorageContractTests
{
    /// <summary>Every write path under every flush policy and every read path; every read path over every cache but the default, which those have.</summary>
    public static TheoryData<string> EveryStrategy =>
        [.. ChosenLog.EveryWriteAndFlush
            .Concat(from write in ChosenLog.Names(WritePaths.Catalog) from read in ChosenLog.Names(ReadPaths.Catalog).Skip(1) select $"write={write} read={read}")
            .Concat(from cache in ChosenLog.Names(BatchCaches.Catalog).Skip(1) from read in ChosenLog.Names(ReadPaths.Catalog) select $"cache={cache}(budget=4MiB) read={read}")];

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Read_AnyOffset_ReturnsTheBytesAppended(string choice)
    {
        using var scratch = ChosenLog.Open(choice);
        var batches = Batches.Series(0, 300);
        scratch.Append(batches);

        Assert.True(scratch.Log.LastSegmentOffset > 0 && scratch.Log.SizeBytes > 5 * ChosenLog.SmallSegments.SegmentBytes, "it has rolled");
        Assert.Equal(batches.SelectMany(b => b), scratch.ReadAll(0));
        foreach (var batch in batches)
        {
            var (first, last) = (new BatchHeader(batch).BaseOffset, new BatchHeader(batch).LastOffset);
            Assert.Equal(batch, scratch.Read(first, maxBytes: 1));
            Assert.Equal(batch, scratch.Read(last, maxBytes: batch.Length));
        }
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Read_Bound_EndsExactlyThere(string choice)
    {
        using var scratch = ChosenLog.Open(choice);
        var batches = Batches.Series(0, 60);
        scratch.Append(batches);

        foreach (var batch in batches)
        {
            var bound = new BatchHeader(batch).BaseOffset;
            if (bound == 0) continue;
            var from = Math.Max(0, bound - 7);
            var read = new MemoryStream();
            while (from < bound)
            {
                var bytes = scratch.Read(from, bound);
                read.Write(bytes);
                for (var rest = bytes.AsSpan(); rest.Length > 0; rest = rest[new BatchHeader(rest).SizeBytes..]) from = new BatchHeader(rest).NextOffset;
            }

            Assert.Equal(bound, from);
            var expected = batches.Where(b => new BatchHeader(b).NextOffset > Math.Max(0, bound - 7) && new BatchHeader(b).BaseOffset < bound);
            Assert.Equal(expected.SelectMany(b => b), read.ToArray());
        }
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Restart_CleanOrCrashed_KeepsEveryByte(string choice)
    {
        using var scratch = ChosenLog.Open(choice);
        var batches = Batches.Series(0, 100);
        scratch.Append(batches.Take(40));
        if (scratch.IsVolatile) return;
        scratch.Restart();
        scratch.Append(batches.Skip(40).Take(30));
        scratch.Log.EnsureStored(); // What is not acknowledged may be held back, and is promised to nobody.
        scratch.Crash();
        scratch.Append(batches.Skip(70));

        Assert.Equal(batches.SelectMany(b => b), scratch.ReadAll(0));
        Assert.Equal(scratch.Log.EndOffset, new BatchHeader(batches[^1]).NextOffset);
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void TruncateTo_AnyBatch_LeavesWhatIsBeforeAndTakesOthers(string choice)
    {
        var batches = Batches.Series(0, 120);
        foreach (var kept in new[] { 119, 90, 30, 1 })
        {
            using var scratch = ChosenLog.Open(choice);
            scratch.Append(batches);
            var end = new BatchHeader(batches[kept]).BaseOffset;
            scratch.Log.TruncateTo(end);
            Assert.Equal(end, scratch.Log.EndOffset);
            Assert.Equal(end, scratch.Log.StoredOffset);
            Assert.False(scratch.Log.TryRead(end + 1, long.MaxValue, 100, true, out _));

            var others = Batches.Series(end, 50, seed: 99);
            scratch.Append(others);
            var expected = batches.Take(kept).Concat(others).SelectMany(b => b).ToArray();
            Assert.Equal(expected, scratch.ReadAll(0));
            if (scratch.IsVolatile) continue;
            scratch.Crash();
            Assert.Equal(expected, scratch.ReadAll(0));
            scratch.Restart();
            Assert.Equal(expected, scratch.ReadAll(0));
        }
    }

    /// <summary>A follower stores what its leader's compaction has left: the batch behind a gap stands for the offsets in it.</summary>
    [Theory, MemberData(nameof(EveryStrategy))]
    public void Append_WithGaps_FindsForEachOffsetItsBatchOrTheNext(string choice)
    {
        using var scratch = ChosenLog.Open(choice);
        var batches = Batches.Series(0, 300).Where((_, i) => i % 7 is 0 or 3 or 4 && i is < 100 or > 150).ToList();
        foreach (var pair in batches.Chunk(2)) scratch.Log.Append([.. pair.SelectMany(b => b)], mayLeaveGaps: true);
        Assert.Throws<ArgumentException>(() => scratch.Log.Append(Batches.Make(scratch.Log.EndOffset + 1)));

        AssertFound();
        if (!scratch.IsVolatile)
        {
            scratch.Restart();
            AssertFound();
            scratch.Crash();
            AssertFound();
        }

        var kept = Enumerable.Range(40, 20).First(i => new BatchHeader(batches[i]).BaseOffset > new BatchHeader(batches[i - 1]).NextOffset + 1);
        var inGap = new BatchHeader(batches[kept - 1]).NextOffset + 1;
        scratch.Log.TruncateTo(inGap);
        Assert.Equal(inGap - 1, scratch.Log.EndOffset);
        scratch.Append(Batches.Make(inGap - 1, 2));
        Assert.Equal([.. batches.Take(kept).SelectMany(b => b), .. Batches.Make(inGap - 1, 2)], scratch.ReadAll(0));

        void AssertFound()
        {
            Assert.Equal(new BatchHeader(batches[^1]).NextOffset, scratch.Log.EndOffset);
            var next = 0;
            for (var offset = 0L; offset < scratch.Log.EndOffset; offset++)
            {
                while (new BatchHeader(batches[next]).NextOffset <= offset) next++;
                Assert.Equal(batches[next], scratch.Read(offset, maxBytes: 1));
            }
        }
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public async Task Read_WhileAppending_SeesWholeBatchesInOrder(string choice)
    {
        using var scratch = ChosenLog.Open(choice);
        var batches = Batches.Series(0, 1500, maxValueBytes: 900);
        var end = new BatchHeader(batches[^1]).NextOffset;
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var (offset, next) = (0L, 0);
            while (offset < end)
            {
                var rest = scratch.Read(offset, scratch.Log.EndOffset, 5000).AsSpan();
                if (rest.IsEmpty) Thread.Sleep(0);
                while (rest.Length >= BatchHeader.Size)
                {
                    var header = new BatchHeader(rest);
                    if (header.SizeBytes > rest.Length) break;
                    Assert.True(rest[..header.SizeBytes].SequenceEqual(batches[next]), $"batch {next} differs");
                    (offset, next) = (header.NextOffset, next + 1);
                    rest = rest[header.SizeBytes..];
                }
            }

            return next;
        })).ToArray();
        scratch.Append(batches);

        Assert.All(await Task.WhenAll(readers), read => Assert.Equal(batches.Count, read));
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void Slice_NotReleased_SurvivesRetentionAndDeletion(string choice)
    {
        using var scratch = ChosenLog.Open(choice, ChosenLog.SmallSegments with { RetentionBytes = 0 });
        var batches = Batches.Series(0, 200);
        scratch.Append(batches);
        Assert.True(scratch.Log.TryRead(0, long.MaxValue, 2000, true, out var old));
        Assert.True(scratch.Log.TryRead(scratch.Log.EndOffset - 1, long.MaxValue, 2000, true, out var young));

        scratch.Log.Retain(5000);
        Assert.True(scratch.Log.StartOffset > 0);
        Assert.False(scratch.Log.TryRead(0, long.MaxValue, 2000, true, out _));
        scratch.Data.DeleteLog(scratch.Log);
        scratch.Data.Settle();

        var oldBytes = ScratchLog.Take(old);
        Assert.Equal(batches.SelectMany(b => b).Take(oldBytes.Length), oldBytes);
        Assert.Equal(batches[^1], ScratchLog.Take(young));
    }

    [Theory, MemberData(nameof(EveryStrategy))]
    public void AppendAndRead_Warm_AllocateNothing(string choice)
    {
        // With few entries the indexes do not grow under the measurement, nor with many: they double at 2048 and 4096.
        var hasCache = choice.StartsWith("cache=", StringComparison.Ordinal);
        using var scratch = ChosenLog.Open(choice, new LogOptions { SegmentBytes = 64 << 20, IndexIntervalBytes = hasCache ? 4096 : 1 << 20 });
        var meter = hasCache ? new AllocationMeter(warmUp: 6000, rounds: 500) : new AllocationMeter(warmUp: 1100, rounds: 100); // The cache's budget is to be used up first.
        var batches = Batches.Series(0, meter.TotalRounds, maxValueBytes: 1500);
        var allocated = meter.Measure(round =>
        {
            scratch.Log.Append(batches[round]);
            var offset = scratch.Log.EndOffset - 1;
            for (var back = 0; back < 4; back++)
            {
                scratch.Log.TryRead(Math.Max(0, offset - (back * 1000)), scratch.Log.EndOffset, 16 << 10, true, out var slice);
                slice.Release();
            }
        });

        Assert.Equal(0, allocated);
    }
}
