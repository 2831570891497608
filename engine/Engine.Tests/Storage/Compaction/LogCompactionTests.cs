using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Storage.Compaction;

namespace Engine.Tests.Storage.Compaction;

public sealed class LogCompactionTests
{
    [Fact]
    public void Run_ManyRecordsOfFewKeys_LeavesEachKeysLastInPlace()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        var closed = keyed.ClosedEnd;
        var files = keyed.Scratch.Files("*.log").Length;
        var report = keyed.Compact()!;

        Assert.Equal(closed, report.CleanedOffset);
        Assert.Equal(keyed.Expected(closed), keyed.Read());
        Assert.Equal(keyed.Appended.Count - keyed.Read().Count, report.RecordsRemoved);
        Assert.True(report.BytesAfter < report.BytesBefore / 5, $"{report.BytesBefore} bytes became {report.BytesAfter}");
        Assert.Equal(0, keyed.Log.Compaction!.DueRatio(10_000, long.MaxValue));
        Assert.InRange(keyed.Scratch.Files("*.log").Length, 2, files - 1);
    }

    [Fact]
    public void Run_SegmentsThatHaveBecomeSmall_AreJoined()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        keyed.Compact();
        keyed.Fill(batches: 30);
        var files = keyed.Scratch.Files("*.log").Length;
        keyed.Compact();

        Assert.InRange(keyed.Scratch.Files("*.log").Length, 2, files / 2);
        Assert.Equal(keyed.Expected(keyed.ClosedEnd), keyed.Read());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_ThenRestart_FindsTheSameBytesAndIndexes(bool crashes)
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        keyed.Compact();
        var bytes = keyed.Scratch.ReadAll(0);
        if (crashes) keyed.Scratch.Crash();
        else keyed.Scratch.Restart();

        Assert.Equal(bytes, keyed.Scratch.ReadAll(0));
        Assert.Equal(keyed.ClosedEnd, keyed.Log.Compaction!.CleanedOffset);
        keyed.Scratch.Restart(() =>
        {
            foreach (var index in keyed.Scratch.Files("*index")) File.Delete(index);
        });
        Assert.Equal(bytes, keyed.Scratch.ReadAll(0));
        AssertEveryOffsetIsFound(keyed);
    }

    [Fact]
    public void Run_RecoveryPointLost_ScansGapsAndKeepsAll()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        keyed.Compact();
        var (bytes, end) = (keyed.Scratch.ReadAll(0), keyed.Log.EndOffset);
        keyed.Scratch.Crash(folder =>
        {
            foreach (var point in Directory.GetFiles(Path.GetDirectoryName(folder)!, "recovery-point*", SearchOption.AllDirectories)) File.Delete(point);
        });

        Assert.Equal((0L, end), (keyed.Log.StartOffset, keyed.Log.EndOffset));
        Assert.Equal(0, keyed.Log.Recovered.SegmentsDropped);
        Assert.Equal(bytes, keyed.Scratch.ReadAll(0));
    }

    [Fact]
    public void Read_EveryOffset_GivesTheBatchThatHoldsItOrTheNext()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        keyed.Compact();

        AssertEveryOffsetIsFound(keyed);
    }

    /// <summary>kcat and kafka-python fail over an answer of nothing but batches without records.</summary>
    [Theory]
    [InlineData("sendfile")]
    [InlineData("positioned")]
    public void ReadRecords_AnyOffset_BeginsWithRecords(string read)
    {
        using var keyed = new KeyedLog(strategies: StorageStrategies.Create(flush: "os-cache", read: read));
        keyed.Fill();
        keyed.Compact();
        var empty = 0;
        keyed.Log.VisitBatches(0, header => empty += header.RecordCount == 0 ? 1 : 0);
        var records = keyed.Read();

        Assert.True(empty > 5, $"{empty} batches without records");
        for (var offset = 0L; offset < keyed.Log.EndOffset; offset++)
        {
            Assert.Equal(ReadOutcome.Found, keyed.Log.ReadRecords(offset, keyed.Log.EndOffset, 1, true, mayWait: true, out var slice));
            var header = new BatchHeader(ScratchLog.Take(slice));
            Assert.True(header.RecordCount > 0 && header.NextOffset > offset);
            Assert.True(header.BaseOffset <= records.First(record => record.Offset >= offset).Offset);
        }
    }

    [Fact]
    public void Run_Again_TakesTheNewAndStaysRight()
    {
        using var keyed = new KeyedLog();
        for (var round = 0; round < 5; round++)
        {
            keyed.Fill(batches: 100);
            Assert.NotNull(keyed.Compact(now: 5000));
            Assert.Equal(keyed.Expected(keyed.ClosedEnd), keyed.Read());
            if (round % 2 == 0) keyed.Scratch.Restart();
        }
    }

    /// <summary>64 places, of which 48 are used: several runs are needed.</summary>
    [Fact]
    public void Run_MapTooSmallForTheKeys_GetsThereInSeveralRuns()
    {
        using var keyed = new KeyedLog();
        keyed.Fill(batches: 400, keys: 300);
        var (runs, cleaned) = (0, 0L);
        while (keyed.Compact(mapBytes: 1) is { } report)
        {
            Assert.True(report.CleanedOffset > cleaned);
            cleaned = report.CleanedOffset;
            runs++;
            Assert.Equal(keyed.Expected(cleaned), keyed.Read());
        }

        Assert.True(runs > 3, $"{runs} runs");
        Assert.Equal(keyed.ClosedEnd, cleaned);
    }

    [Fact]
    public void Run_BelowTheHighWatermark_TouchesNothingBehindIt()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        var report = keyed.Compact(below: 300)!;

        Assert.InRange(report.CleanedOffset, 1, 300);
        Assert.Equal(keyed.Expected(report.CleanedOffset), keyed.Read());
        Assert.Null(keyed.Compact(below: 300));
    }

    [Fact]
    public void Run_RecordsYoungerThanTheLag_StayAsTheyAre()
    {
        using var keyed = new KeyedLog(KeyedLog.Options with { Compaction = new CompactionOptions { MinDirtyRatio = 0, MinLag = TimeSpan.FromMilliseconds(2000) } });
        keyed.Fill(); // From 1000 on, 10 ms from batch to batch.
        var report = keyed.Compact(now: 4000)!;

        Assert.All(keyed.Appended.Where(record => record.Offset < report.CleanedOffset), record => Assert.True(record.Timestamp <= 2000));
        Assert.True(report.CleanedOffset > 0);
        Assert.Equal(keyed.Expected(report.CleanedOffset), keyed.Read());
    }

    [Fact]
    public void DueRatio_TellsTheShareThatIsNew()
    {
        using var keyed = new KeyedLog(KeyedLog.Options with { Compaction = new CompactionOptions { MinDirtyRatio = 0.5 } });
        Assert.Equal(0, keyed.Log.Compaction!.DueRatio(10_000, long.MaxValue));
        keyed.Fill(keys: 2000);
        Assert.Equal(1, keyed.Log.Compaction!.DueRatio(10_000, long.MaxValue));
        Assert.Equal(0, keyed.Log.Compaction!.DueRatio(10_000, 0));
        keyed.Compact();
        keyed.Fill(batches: 40, keys: 2000);
        Assert.Equal(0, keyed.Log.Compaction!.DueRatio(10_000, long.MaxValue));
    }

    [Fact]
    public void Run_Deletion_StaysForItsTimeAndThenGoes()
    {
        using var keyed = new KeyedLog(KeyedLog.Options with { Compaction = new CompactionOptions { MinDirtyRatio = 0, DeleteRetention = TimeSpan.FromSeconds(10) } });
        keyed.Append(1000, ("a", "1"), ("b", "1"));
        keyed.Append(2000, ("a", null));
        Close(keyed);
        keyed.Compact(now: 100_000);
        Assert.Equal([new(1, "b", "1", 1000), new(2, "a", null, 2000)], Of(keyed, "a", "b"));

        Close(keyed);
        keyed.Compact(now: 109_999);
        Assert.Equal([new(1, "b", "1", 1000), new(2, "a", null, 2000)], Of(keyed, "a", "b"));

        Close(keyed);
        keyed.Compact(now: 110_000);
        Assert.Equal([new(1, "b", "1", 1000)], Of(keyed, "a", "b"));
    }

    [Fact]
    public void Run_RecordsWithoutAKey_Stay()
    {
        using var keyed = new KeyedLog();
        keyed.Append(1000, (null, "first"), ("a", "1"), (null, "second"));
        keyed.Append(1000, ("a", "2"), (null, null));
        Close(keyed);
        keyed.Compact();

        Assert.Equal(
            [new(0, null, "first", 1000), new(2, null, "second", 1000), new(3, "a", "2", 1000), new(4, null, null, 1000)],
            keyed.Read().Where(record => record.Offset <= 4));
    }

    /// <summary>A producer that goes on after a restart must still be known: the header of its last batch stays, without records.</summary>
    [Fact]
    public void Run_ProducersLastBatch_StaysEmptiedUntilTheProducerIsForgotten()
    {
        using var keyed = new KeyedLog(KeyedLog.Options with { Compaction = new CompactionOptions { MinDirtyRatio = 0, ProducerExpiry = TimeSpan.FromSeconds(10) } });
        keyed.Log.Append(Batches.Keyed(0, 1000, producerId: 7, sequence: 40, ("a", "1"), ("a", "2")));
        keyed.Log.Append(Batches.Keyed(2, 2000, producerId: 7, sequence: 42, ("a", "3"), ("a", "4")));
        keyed.Append(3000, ("a", "5"));
        Close(keyed);
        keyed.Compact(now: 12_000);
        Assert.Equal([(2, 3, 42, 0, 2000)], OfProducer());

        Close(keyed);
        keyed.Compact(now: 12_001);
        Assert.Equal([], OfProducer());

        List<(long First, long Last, int Sequence, int Records, long MaxTimestamp)> OfProducer()
        {
            var found = new List<(long, long, int, int, long)>();
            keyed.Log.VisitBatches(0, header =>
            {
                if (header.ProducerId == 7) found.Add((header.BaseOffset, header.LastOffset, header.BaseSequence, header.RecordCount, header.MaxTimestamp));
            });
            return found;
        }
    }

    /// <summary>What cannot be read is neither removed nor taken for a reason to forget a deletion behind it.</summary>
    [Fact]
    public void Run_BatchThatCannotBeRead_StaysAndSoDoDeletionsBehindIt()
    {
        var options = KeyedLog.Options with { Compaction = new CompactionOptions { MinDirtyRatio = 0, DeleteRetention = TimeSpan.Zero } };
        using var keyed = new KeyedLog(options);
        var unread = Batches.Keyed(0, 1000, ("a", "1"), ("a", "2"));
        unread[BatchHeader.Size] ^= 0x7e; // The first record's length: the batch's CRC is right, its records are not.
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(unread.AsSpan(BatchHeader.CrcOffset), Engine.Protocol.Wire.Crc32C.Compute(unread.AsSpan(BatchHeader.ChecksummedFrom)));
        keyed.Log.Append(unread);
        keyed.Append(1000, ("a", null));
        Close(keyed);
        Assert.Equal(1, keyed.Compact(now: 20_000)!.BatchesUnread);
        Close(keyed);
        keyed.Compact(now: 30_000);

        Assert.Equal(unread, keyed.Scratch.Read(0, 2));
        Assert.Equal([new(2, "a", null, 1000)], KeyedLog.Records(keyed.Scratch.Read(2, 3)));
    }

    [Fact]
    public void Run_PackedBatches_AreReadAndLeftUnpackedWhereRecordsWent()
    {
        using var keyed = new KeyedLog();
        var whole = Batches.Packed(Batches.Keyed(0, 1000, ("a", "1"), ("b", "1")));
        keyed.Log.Append(whole);
        keyed.Log.Append(Batches.Packed(Batches.Keyed(2, 2000, ("c", "2"), ("d", "2"))));
        keyed.Append(3000, ("c", "3"));
        Close(keyed);
        Assert.Equal(0, keyed.Compact()!.BatchesUnread);

        Assert.Equal(whole, keyed.Scratch.Read(0, 2)); // Nothing of it was superseded: it is the same to the byte.
        Assert.Equal([new(3, "d", "2", 2000), new(4, "c", "3", 3000)], KeyedLog.Records(keyed.Scratch.Read(2, 5)));
    }

    [Fact]
    public void Run_FlippedBit_IsNotMadeGoodByANewChecksum()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        var log = keyed.Scratch.Files("*.log")[1];
        var bytes = File.ReadAllBytes(log);
        using (var file = File.Open(log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Seek(BatchHeader.Size + 5, SeekOrigin.Begin);
            file.WriteByte((byte)(bytes[BatchHeader.Size + 5] ^ 1));
        }

        Assert.Throws<InvalidDataException>(() => keyed.Compact());
        Assert.False(keyed.Log.IsOffline);
        Assert.Equal(bytes.Length, new FileInfo(log).Length);
        Assert.Empty(keyed.Scratch.Files("*.cleaned"));
    }

    [Fact]
    public void Slice_OfAReplacedSegment_StaysValid()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        Assert.True(keyed.Log.TryRead(0, long.MaxValue, 3000, true, out var slice));
        var expected = keyed.Scratch.Read(0, maxBytes: 3000);
        keyed.Compact();

        Assert.NotEqual(expected, keyed.Scratch.Read(0, maxBytes: 3000));
        Assert.Equal(expected, ScratchLog.Take(slice));
    }

    [Fact]
    public void Truncate_BelowWhatWasCompacted_MakesWhatComesInsteadNew()
    {
        using var keyed = new KeyedLog();
        keyed.Fill();
        keyed.Compact();
        keyed.Log.TruncateTo(200);
        var end = keyed.Log.EndOffset;

        Assert.InRange(end, 1, 200);
        Assert.InRange(keyed.Log.Compaction!.CleanedOffset, 0, 200);
        keyed.Scratch.Crash();
        Assert.Equal(end, keyed.Log.EndOffset);
        Assert.InRange(keyed.Log.Compaction!.CleanedOffset, 0, 200);
    }

    [Fact]
    public void Timestamps_AfterCompaction_AreThoseOfTheRecordsLeft()
    {
        using var keyed = new KeyedLog();
        keyed.Append(5000, ("a", "1"), ("b", "1"));
        keyed.Append(9000, ("a", "2"));
        keyed.Append(2000, ("a", "3"));
        Close(keyed);
        keyed.Compact();

        Assert.Equal((1, 5000), keyed.Log.OffsetForTimestamp(4000));
        Assert.Equal((1, 5000), keyed.Log.MaxTimestamp());
        Assert.Null(keyed.Log.OffsetForTimestamp(5001));
    }

    [Fact]
    public void Retention_OfACompactedLogThatIsDeletedToo_StillDrops()
    {
        using var keyed = new KeyedLog(KeyedLog.Options with { RetentionAge = TimeSpan.FromSeconds(1) });
        keyed.Fill();
        keyed.Compact();
        keyed.Log.Retain(100_000);
        keyed.Scratch.Data.Settle();

        Assert.Equal(keyed.Log.EndOffset, keyed.Log.StartOffset);
        Assert.Single(keyed.Scratch.Files("*.log"));
    }

    [Fact]
    public async Task Run_BesideReadersAndAnAppender_DisturbsNeither()
    {
        using var keyed = new KeyedLog(strategies: StorageStrategies.Create(flush: "os-cache", cache: "heap-tail(budget=128KiB)"));
        keyed.Fill(batches: 500);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            var reads = 0;
            for (; !stop.IsCancellationRequested || reads == 0; reads++)
            {
                var last = -1L;
                foreach (var record in keyed.Read())
                {
                    Assert.True(record.Offset > last);
                    last = record.Offset;
                }
            }

            return reads;
        })).ToArray();
        for (var round = 0; round < 10; round++)
        {
            keyed.Fill(batches: 50);
            Assert.NotNull(keyed.Compact(now: 9000));
        }

        stop.Cancel();
        Assert.All(await Task.WhenAll(readers), reads => Assert.True(reads > 0));
        Assert.Equal(keyed.Expected(keyed.ClosedEnd), keyed.Read());
    }

    /// <summary>Makes what was appended part of a closed segment, with records of no interest.</summary>
    private static void Close(KeyedLog keyed)
    {
        for (var end = keyed.Log.EndOffset; keyed.ClosedEnd < end;)
            keyed.Append(1, ($"filler-{keyed.Log.EndOffset}", new string('x', 1000)));
        keyed.Scratch.Data.Settle();
    }

    private static List<KeyedRecord> Of(KeyedLog keyed, params string[] keys) => [.. keyed.Read().Where(record => keys.Contains(record.Key))];

    private static void AssertEveryOffsetIsFound(KeyedLog keyed)
    {
        var batches = new List<(long First, long Next)>();
        foreach (var batch in new BatchReader(keyed.Scratch.ReadAll(0))) batches.Add((new BatchHeader(batch).BaseOffset, new BatchHeader(batch).NextOffset));
        Assert.Contains(batches.Zip(batches.Skip(1)), pair => pair.First.Next < pair.Second.First); // There are gaps.
        for (var offset = 0L; offset < keyed.Log.EndOffset; offset++)
            Assert.Equal(batches.First(batch => batch.Next > offset).First, new BatchHeader(keyed.Scratch.Read(offset, maxBytes: 1)).BaseOffset);
    }
}
