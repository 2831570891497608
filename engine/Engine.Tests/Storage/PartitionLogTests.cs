using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Tests.Storage;

public sealed class PartitionLogTests
{
    [Fact]
    public void Append_OffsetsThatDoNotContinue_WritesNothing()
    {
        using var scratch = new ScratchLog();
        scratch.Append(Batches.Make(0, 3));
        byte[] gap = [.. Batches.Make(3, 2), .. Batches.Make(6, 1)];

        Assert.Throws<ArgumentException>(() => scratch.Log.Append(gap));
        Assert.Throws<ArgumentException>(() => scratch.Log.Append(Batches.Make(2)));
        Assert.Throws<ArgumentException>(() => scratch.Log.Append(Batches.Make(3).AsSpan()[..^1]));
        Assert.Equal(3, scratch.Log.EndOffset);
        Assert.Equal(Batches.Make(0, 3).Length, scratch.Log.SizeBytes);
    }

    [Fact]
    public void Append_SeveralBatches_AreReadOneByOne()
    {
        using var scratch = new ScratchLog();
        var batches = Batches.Series(0, 20);
        scratch.Append([.. batches.SelectMany(b => b)]);

        Assert.Equal(new BatchHeader(batches[^1]).NextOffset, scratch.Log.EndOffset);
        Assert.All(batches, batch => Assert.Equal(batch, scratch.Read(new BatchHeader(batch).BaseOffset, maxBytes: 1)));
    }

    [Fact]
    public void Read_OutsideTheLog_IsOutOfRange()
    {
        using var scratch = new ScratchLog();
        scratch.Log.TruncateFullyAndStartAt(10);
        scratch.Append(Batches.Make(10, 5));

        Assert.False(scratch.Log.TryRead(9, 100, 100, true, out _));
        Assert.False(scratch.Log.TryRead(16, 100, 100, true, out _));
        Assert.Empty(scratch.Read(15));
        Assert.Empty(scratch.Read(12, bound: 10));
    }

    [Fact]
    public void Read_FirstBatchTooLarge_ComesWholeOrNotAtAll()
    {
        using var scratch = new ScratchLog();
        var batch = Batches.Make(0, 3, 1000);
        scratch.Append(batch, Batches.Make(3, 3, 1000));

        Assert.Equal(batch, scratch.Read(0, maxBytes: 100));
        Assert.Empty(scratch.Read(0, maxBytes: 100, atLeastOneBatch: false));
        Assert.Equal(batch, scratch.Read(0, maxBytes: batch.Length + 500));
    }

    [Fact]
    public void Roll_BySize_NamesSegmentsByTheirFirstOffset()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 2048 });
        for (var i = 0; i < 6; i++) scratch.Append(Batches.Make(i * 2, 2, 400));

        Assert.Equal(["00000000000000000000.log", "00000000000000000004.log", "00000000000000000008.log"], scratch.Files("*.log").Select(Path.GetFileName));
    }

    [Fact]
    public void Roll_RunLargerThanASegment_HasOneToItself()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 2048 });
        scratch.Append(Batches.Make(0), Batches.Make(1, 1, 5000), Batches.Make(2));

        Assert.Equal(3, scratch.Files("*.log").Length);
        Assert.Equal(Batches.Make(1, 1, 5000), scratch.Read(1, maxBytes: 10));
    }

    [Fact]
    public void Roll_ByAge_CountsFromTheFirstAppend()
    {
        var time = new TestTime();
        using var scratch = new ScratchLog(new LogOptions { SegmentAge = TimeSpan.FromHours(1) }, time: time);
        scratch.Append(Batches.Make(0));
        time.Advance(TimeSpan.FromMinutes(59));
        scratch.Append(Batches.Make(1));
        Assert.Single(scratch.Files("*.log"));

        time.Advance(TimeSpan.FromMinutes(2));
        scratch.Append(Batches.Make(2));
        Assert.Equal(2, scratch.Files("*.log").Length);
    }

    [Fact]
    public void Roll_Preallocated_GivesBackWhatIsLeft()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 64 << 10 }, StorageStrategies.Create(write: "pagecache(preallocate=8MiB)"), onDisk: true);
        scratch.Append(Batches.Series(0, 300));
        scratch.Data.Settle();

        Assert.True(scratch.Files("*.log").Length > 3);
        foreach (var closed in scratch.Files("*.log")[..^1]) Assert.InRange(BlocksOf(closed), 1, (new FileInfo(closed).Length + 8191) / 512);
        Assert.InRange(BlocksOf(scratch.Files("*.log")[^1]), (256 << 10) / 512, (512 << 10) / 512);
    }

    [Fact]
    public void Append_Preallocated_ReservesAsMuchAgainUpToTheStep()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(write: "pagecache(preallocate=2MiB)"), onDisk: true);
        scratch.Append(Batches.Make(0, 1, 1000));
        var file = scratch.Files("*.log")[0];
        Assert.InRange(BlocksOf(file) * 512, 256 << 10, 300 << 10);

        for (var i = 1; i < 8; i++) scratch.Append(Batches.Make(i, 1, 1 << 20));
        Assert.InRange(BlocksOf(file) * 512, 7 << 20, 10 << 20);
        Assert.InRange(new FileInfo(file).Length, 7 << 20, (7 << 20) + 4096);
    }

    [Fact]
    public void Close_WriteDirect_TrimsTheFileToItsBatches()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(write: "direct"), onDisk: true);
        var batches = Batches.Series(0, 30);
        scratch.Append(batches);
        Assert.Equal(0, new FileInfo(scratch.Files("*.log")[0]).Length % 4096);
        scratch.Restart(() => Assert.Equal(batches.Sum(b => b.Length), new FileInfo(scratch.Files("*.log")[0]).Length));

        Assert.Equal(batches.SelectMany(b => b), scratch.ReadAll(0));
    }

    [Fact]
    public void Retain_BySize_DropsTheOldestWholeSegments()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, RetentionBytes = 10_000 });
        scratch.Append(Batches.Series(0, 100));
        var before = scratch.Log.SizeBytes;
        scratch.Log.Retain(2000);
        scratch.Data.Settle();

        Assert.True(before > 20_000);
        Assert.InRange(scratch.Log.SizeBytes, 10_000, 14_096);
        Assert.Equal(scratch.Log.SizeBytes, scratch.Files("*.log").Sum(file => new FileInfo(file).Length));
        Assert.Equal($"{scratch.Log.StartOffset:D20}.log", Path.GetFileName(scratch.Files("*.log")[0]));
        Assert.Equal(scratch.Files("*.log").Length - 1, scratch.Files("*.index").Length);
        Assert.Empty(scratch.Files("*.deleted"));
    }

    [Fact]
    public void Retain_ByAge_DropsWhatIsOldAndTheActiveSegmentOnlyOnceAllOfItIs()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, RetentionAge = TimeSpan.FromSeconds(1) });
        var batches = Batches.Series(0, 100); // Timestamps from 1000 to 2000.
        scratch.Append(batches);
        scratch.Log.Retain(2500);
        Assert.True(scratch.Log.StartOffset > 0);
        Assert.True(scratch.Log.OffsetForTimestamp(0)!.Value.Timestamp < 1500, "the segment that holds 1500 is younger at its end");
        Assert.Equal(new BatchHeader(batches[^1]).NextOffset, scratch.Log.EndOffset);

        scratch.Log.Retain(100_000);
        Assert.Equal(scratch.Log.EndOffset, scratch.Log.StartOffset);
        Assert.Equal(0, scratch.Log.SizeBytes);
        scratch.Restart();
        Assert.Equal(new BatchHeader(batches[^1]).NextOffset, scratch.Log.EndOffset);
    }

    [Fact]
    public void Retain_Unlimited_DropsNothing()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, RetentionAge = TimeSpan.FromSeconds(-1) });
        scratch.Append(Batches.Series(0, 100));
        scratch.Log.Retain(long.MaxValue / 2);

        Assert.Equal(0, scratch.Log.StartOffset);
    }

    [Fact]
    public void Retain_BelowAnOffset_KeepsTheSegmentThatHoldsIt()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, RetentionBytes = 0, RetentionAge = TimeSpan.Zero });
        var batches = Batches.Series(0, 100);
        scratch.Append(batches);
        scratch.Log.Retain(100_000, belowOffset: 0);
        Assert.Equal(0, scratch.Log.StartOffset);

        scratch.Log.Retain(100_000, belowOffset: 150);
        Assert.InRange(scratch.Log.StartOffset, 100, 150);
        Assert.Equal(new BatchHeader(batches[^1]).NextOffset, scratch.Log.EndOffset);
        Assert.True(scratch.Log.SizeBytes > 0);
    }

    [Fact]
    public void Retain_IdleSegments_AreReadAsBeforeOnceTheirIndexesLeftMemory()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, IndexIntervalBytes = 200 });
        var batches = Batches.Series(0, 100);
        scratch.Append(batches);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(batches.SelectMany(b => b), scratch.ReadAll(0));
            scratch.Log.Retain(0);
            scratch.Log.Retain(0);
            scratch.Data.Settle();
        }
    }

    [Fact]
    public void Slice_ReleasedAfterTheNodeStopped_IsClosedQuietly()
    {
        var scratch = new ScratchLog();
        var batch = Batches.Make(0, 5);
        scratch.Append(batch);
        Assert.True(scratch.Log.TryRead(0, 5, 1000, true, out var slice));
        scratch.Dispose();

        Assert.Equal(batch, ScratchLog.Take(slice));
        Assert.True(slice.File!.IsClosed);
        Assert.Throws<LogOfflineException>(() => scratch.Log.TryRead(0, 5, 1000, true, out _));
    }

    [Fact]
    public void OffsetForTimestamp_AnyTime_FindsTheFirstRecordThatOld()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096, IndexIntervalBytes = 200 });
        var records = new List<(long Offset, long Timestamp)>();
        for (var i = 0; i < 60; i++)
        {
            // Not in order, as producers' clocks are not.
            var timestamp = 1000 + (i * 50) - (i % 3 * 70);
            scratch.Append(Batches.Make(i * 4, 4, 60, timestamp, step: 9));
            records.AddRange(Enumerable.Range(0, 4).Select(r => (i * 4L + r, timestamp + (r * 9L))));
        }

        scratch.Data.Settle();
        for (var round = 0; round < 2; round++, scratch.Restart())
        {
            for (var asked = 900L; asked < 4100; asked += 7)
            {
                (long, long)? expected = records.Any(r => r.Timestamp >= asked) ? records.First(r => r.Timestamp >= asked) : null;
                Assert.Equal(expected, scratch.Log.OffsetForTimestamp(asked));
            }

            Assert.Equal(records.MaxBy(r => r.Timestamp), scratch.Log.MaxTimestamp());
        }
    }

    [Fact]
    public void MaxTimestamp_EmptyLog_IsNone()
    {
        using var scratch = new ScratchLog();
        Assert.Null(scratch.Log.MaxTimestamp());
        Assert.Null(scratch.Log.OffsetForTimestamp(0));
    }

    [Fact]
    public void VisitBatches_FromAnOffset_ShowsEachHeaderOnceInOrder()
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096 });
        var batches = Batches.Series(0, 100);
        scratch.Append(batches);
        var from = new BatchHeader(batches[37]).LastOffset;
        var seen = new List<long>();
        scratch.Log.VisitBatches(from, header => seen.Add(header.BaseOffset));

        Assert.Equal(batches.Skip(37).Select(batch => new BatchHeader(batch).BaseOffset), seen);
    }

    [Fact]
    public void TruncateTo_InsideABatch_TakesTheWholeBatch()
    {
        using var scratch = new ScratchLog();
        scratch.Append(Batches.Make(0, 5), Batches.Make(5, 5));
        scratch.Log.TruncateTo(7);

        Assert.Equal(5, scratch.Log.EndOffset);
        scratch.Log.TruncateTo(100);
        Assert.Equal(5, scratch.Log.EndOffset);
    }

    [Fact]
    public void TruncateTo_ThenCrash_DoesNotBringTheTailBack()
    {
        using var scratch = new ScratchLog();
        scratch.Append(Batches.Series(0, 50));
        scratch.Restart(); // All of it is trusted now.
        scratch.Log.TruncateTo(20);
        var end = scratch.Log.EndOffset;
        scratch.Crash();

        Assert.Equal(end, scratch.Log.EndOffset);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    public void TruncateFully_AnyStart_ForgetsEverything(long start)
    {
        using var scratch = new ScratchLog(new LogOptions { SegmentBytes = 4096 });
        scratch.Append(Batches.Series(0, 100));
        scratch.Log.TruncateFullyAndStartAt(start);
        Assert.Equal((start, start, start), (scratch.Log.StartOffset, scratch.Log.EndOffset, scratch.Log.StoredOffset));

        var others = Batches.Series(start, 30, seed: 5);
        scratch.Append(others);
        scratch.Crash();
        Assert.Equal(others.SelectMany(b => b), scratch.ReadAll(start));
        Assert.Equal(start, scratch.Log.StartOffset);
    }

    /// <summary>Disk blocks of 512 bytes that the file occupies: stat(2)'s st_blocks.</summary>
    private static long BlocksOf(string path)
    {
        using var stat = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("stat", ["-c", "%b", path]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd());
    }
}
