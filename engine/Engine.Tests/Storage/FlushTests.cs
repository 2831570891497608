using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Storage;

public sealed class FlushTests
{
    private readonly TestCalls _calls = new();

    [Fact]
    public void OsCache_Append_IsStoredWithoutAFlush()
    {
        using var scratch = Open("os-cache");
        var before = _calls.Syncs;
        scratch.Append(Batches.Series(0, 50));

        Assert.Equal(scratch.Log.EndOffset, scratch.Log.StoredOffset);
        Assert.Equal(before, _calls.Syncs);
    }

    [Fact]
    public void EveryBatch_Append_FlushesEachBeforeItReturns()
    {
        using var scratch = Open("every-batch");
        var before = _calls.Syncs;
        foreach (var batch in Batches.Series(0, 20))
        {
            scratch.Append(batch);
            Assert.Equal(new BatchHeader(batch).NextOffset, scratch.Log.FlushedOffset);
            Assert.Equal(++before, _calls.Syncs);
        }
    }

    [Fact]
    public void EveryN_Append_FlushesEachNthBeforeItReturns()
    {
        using var scratch = Open("every-n(batches=4)");
        var before = _calls.Syncs;
        for (var i = 1; i <= 20; i++)
        {
            scratch.Append(Batches.Make(i - 1));
            Assert.Equal((i, i / 4 * 4, i / 4), (scratch.Log.StoredOffset, scratch.Log.FlushedOffset, _calls.Syncs - before));
        }
    }

    [Fact]
    public void Dsync_Append_IsDurableWithoutAFlush()
    {
        using var scratch = Open("dsync", new LogOptions { SegmentBytes = 4096 });
        foreach (var batch in Batches.Series(0, 50))
        {
            scratch.Append(batch);
            Assert.Equal(new BatchHeader(batch).NextOffset, scratch.Log.StoredOffset);
        }

        scratch.Data.Settle();
        Assert.True(_calls.FolderSyncs >= scratch.Files("*.log").Length, "a new segment's name is made durable");
        Assert.Equal(0, _calls.SegmentSyncs);
    }

    [Fact]
    public void Dsync_Truncation_IsFlushed()
    {
        using var scratch = Open("dsync");
        scratch.Append(Batches.Series(0, 50));
        scratch.Log.TruncateTo(20);

        Assert.True(_calls.SegmentSyncs > 0, "O_DSYNC covers what is written, not what is cut");
    }

    [Fact]
    public void WritebackPacing_Append_StartsOnWholePagesStepByStep()
    {
        using var scratch = Open("writeback-pacing(bytes=64KiB)");
        var before = _calls.Syncs;
        for (var i = 0; i < 100; i++) scratch.Append(Batches.Make(i, 1, 5000));

        Assert.InRange(_calls.Started.Count, 5, 8);
        var end = 0L;
        foreach (var (position, count) in _calls.Started)
        {
            Assert.Equal(end, position);
            Assert.InRange(count, 64 << 10, 80 << 10);
            end = position + count;
            Assert.Equal(0, end % 4096);
        }

        Assert.InRange(end, scratch.Log.SizeBytes - (80 << 10), scratch.Log.SizeBytes);
        Assert.Equal((0, before), (scratch.Log.FlushedOffset, _calls.Syncs)); // It promises nothing.
    }

    [Fact]
    public void GroupCommit_Append_IsStoredOnceAFlushCoversIt()
    {
        using var scratch = Open("group-commit(maxDelay=20ms)");
        using var stored = new SemaphoreSlim(0);
        scratch.Log.StoredAdvanced += _ => stored.Release();
        var before = _calls.Syncs;
        scratch.Append(Batches.Series(0, 10));
        while (scratch.Log.StoredOffset < scratch.Log.EndOffset) Assert.True(stored.Wait(TimeSpan.FromSeconds(60)));

        Assert.InRange(_calls.Syncs - before, 1, 9);
    }

    [Fact]
    public void GroupCommit_EnoughBytes_DoNotWaitForTheDelay()
    {
        using var scratch = Open("group-commit(maxDelay=10min, maxBytes=1KiB)");
        using var stored = new SemaphoreSlim(0);
        scratch.Log.StoredAdvanced += _ => stored.Release();
        scratch.Append(Batches.Make(0, 1, 100));
        Assert.False(stored.Wait(50));
        Assert.Equal(0, scratch.Log.StoredOffset);

        scratch.Append(Batches.Make(1, 1, 1000));
        Assert.True(stored.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(2, scratch.Log.StoredOffset);
    }

    [Fact]
    public void GroupCommit_EnsureStored_FlushesNow()
    {
        using var scratch = Open("group-commit(maxDelay=10min)");
        scratch.Append(Batches.Make(0, 3));
        Assert.Equal(0, scratch.Log.StoredOffset);

        scratch.Log.EnsureStored();
        Assert.Equal(3, scratch.Log.StoredOffset);
        var syncs = _calls.Syncs;
        scratch.Log.EnsureStored();
        Assert.Equal(syncs, _calls.Syncs);
    }

    [Fact]
    public void Interval_Append_IsStoredAtOnceAndFlushedLater()
    {
        using var scratch = Open("interval(30ms)");
        scratch.Append(Batches.Make(0, 3));
        Assert.Equal(3, scratch.Log.StoredOffset);
        Until.True(() => scratch.Log.FlushedOffset == 3, "all is flushed");
    }

    [Fact]
    public void Flush_NewSegment_MakesItsNameDurableToo()
    {
        using var scratch = Open("every-batch", new LogOptions { SegmentBytes = 4096 });
        scratch.Append(Batches.Make(0, 1, 3000));
        scratch.Data.Settle();
        var before = _calls.FolderSyncs;
        scratch.Log.Append(Batches.Make(1, 1, 3000)); // Rolls.

        Assert.True(_calls.FolderSyncs > before);
    }

    [Fact]
    public void FailedFlush_EveryBatch_TakesTheLogOfflineForGood()
    {
        using var scratch = Open("every-batch");
        scratch.Append(Batches.Make(0, 3));
        var told = new List<LogOfflineException>();
        scratch.Log.WentOffline += (_, why) => told.Add(why);
        _calls.FailingSyncs = 1;

        Assert.Throws<LogOfflineException>(() => scratch.Log.Append(Batches.Make(3)));
        Assert.Equal(3, scratch.Log.StoredOffset);
        Assert.True(scratch.Log.IsOffline);
        Assert.Contains("Input/output error", Assert.Single(told).Message, StringComparison.Ordinal);

        // The kernel would say the next one succeeded: it must not be asked.
        var syncs = _calls.Syncs;
        Assert.Throws<LogOfflineException>(() => scratch.Log.Append(Batches.Make(3)));
        Assert.Throws<LogOfflineException>(scratch.Log.EnsureStored);
        Assert.Throws<LogOfflineException>(() => scratch.Log.TryRead(0, 3, 100, true, out _));
        Assert.Equal(syncs, _calls.Syncs);
        Assert.Equal(3, scratch.Log.StoredOffset);
    }

    [Fact]
    public void FailedFlush_InTheBackground_TellsAndIsNotACleanStop()
    {
        using var scratch = Open("group-commit(maxDelay=1ms)");
        using var told = new SemaphoreSlim(0);
        scratch.Log.WentOffline += (_, _) => told.Release();
        _calls.FailingSyncs = 1;
        scratch.Append(Batches.Make(0, 3));

        Assert.True(told.Wait(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, scratch.Log.StoredOffset);
        scratch.Restart();
        Assert.False(scratch.Data.WasCleanShutdown);
        Assert.True(scratch.Log.Recovered.BytesScanned > 0);
    }

    [Fact]
    public void FullDisk_Append_TakesTheLogOfflineAndRecoveryCutsTheTornBatch()
    {
        using var scratch = Open("os-cache");
        var batches = Batches.Series(0, 10);
        scratch.Append(batches);
        _calls.IsDiskFull = true;
        var end = scratch.Log.EndOffset;
        Assert.Throws<LogOfflineException>(() => scratch.Log.Append(Batches.Make(end, 5)));
        Assert.Equal(end, scratch.Log.EndOffset);

        _calls.IsDiskFull = false;
        scratch.Crash();
        Assert.Equal(end, scratch.Log.EndOffset);
        Assert.Equal(Batches.Make(end, 5).Length / 2, scratch.Log.Recovered.BytesCut);
        Assert.Equal(batches.SelectMany(b => b), scratch.ReadAll(0));
    }

    private ScratchLog Open(string flush, LogOptions? options = null) => new(options, StorageStrategies.Create(flush: flush), _calls);
}
