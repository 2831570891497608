using Engine.Protocol.Records;
using Engine.Storage;

namespace Engine.Tests.Storage;

public sealed class DeletionTests
{
    private static readonly LogOptions SmallSegments = new() { SegmentBytes = 16 << 10, IndexIntervalBytes = 512 };

    private readonly List<byte[]> _batches = Batches.Series(0, 200);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void DeleteBefore_ThenRestart_KeepsWhatIsLeftAndNothingElse(bool crashes)
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        var segments = scratch.Files("*.log").Length;
        var start = new BatchHeader(_batches[100]).BaseOffset;
        scratch.Log.DeleteBefore(start);
        if (crashes) scratch.Crash();
        else scratch.Restart();
        scratch.Data.Settle();

        Assert.Equal(start, scratch.Log.StartOffset);
        Assert.False(scratch.Log.TryRead(start - 1, long.MaxValue, 1000, true, out _));
        Assert.Equal(_batches.Skip(100).SelectMany(b => b), scratch.ReadAll(start));
        Assert.InRange(scratch.Files("*.log").Length, 1, segments - 3);
    }

    [Fact]
    public void DeleteBefore_SegmentsThatACrashLeft_AreDroppedAtTheNextStart()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        var segments = scratch.Files("*.log").Length;
        var start = new BatchHeader(_batches[^1]).BaseOffset;
        // As if the power went between the record of the new start and the first file's end.
        scratch.Restart(() => File.WriteAllText(Path.Combine(Directory.GetDirectories(scratch.Path, "orders-0")[0], "log-start-offset"), $"{start}\n"));
        scratch.Data.Settle();

        Assert.True(segments > 3);
        Assert.Single(scratch.Files("*.log"));
        Assert.Equal(start, scratch.Log.StartOffset);
        Assert.Equal(_batches[^1], scratch.ReadAll(start));
    }

    [Fact]
    public void DeleteBefore_InsideABatch_ServesItFromThere()
    {
        using var scratch = new ScratchLog();
        scratch.Append(Batches.Make(0, 10, timestamp: 1000, step: 10), Batches.Make(10, 5, timestamp: 500));
        scratch.Log.DeleteBefore(4);
        scratch.Restart();

        Assert.Equal(4, scratch.Log.StartOffset);
        Assert.False(scratch.Log.TryRead(3, long.MaxValue, 1000, true, out _));
        Assert.Equal(0, new BatchHeader(scratch.Read(4)).BaseOffset); // Clients skip what they did not ask for.
        Assert.Equal((4, 1040), scratch.Log.OffsetForTimestamp(0));
        Assert.Equal((9, 1090), scratch.Log.MaxTimestamp());
    }

    [Fact]
    public void MaxTimestamp_YoungestRecordDeleted_IsThatOfTheRest()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(Batches.Make(0, 10, timestamp: 9000, step: -10), Batches.Make(10, 5, timestamp: 500));
        scratch.Log.DeleteBefore(4);
        Assert.Equal((4, 8960), scratch.Log.MaxTimestamp());

        scratch.Log.DeleteBefore(10);
        Assert.Equal((14, 504), scratch.Log.MaxTimestamp());
        Assert.Equal((10, 500), scratch.Log.OffsetForTimestamp(1));
        Assert.Null(scratch.Log.OffsetForTimestamp(505));
    }

    [Fact]
    public void DeleteBefore_TheEnd_EmptiesTheLogAndGoesOn()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        var end = scratch.Log.EndOffset;
        scratch.Log.DeleteBefore(long.MaxValue);
        scratch.Data.Settle();

        Assert.Equal((end, end, 0L), (scratch.Log.StartOffset, scratch.Log.EndOffset, scratch.Log.SizeBytes));
        Assert.Single(scratch.Files("*.log"));
        scratch.Crash();
        Assert.Equal((end, end), (scratch.Log.StartOffset, scratch.Log.EndOffset));
        scratch.Append(Batches.Make(end, 3));
        Assert.Equal(Batches.Make(end, 3), scratch.ReadAll(end));
    }

    [Fact]
    public void DeleteBefore_AnEarlierOffset_ChangesNothing()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        scratch.Log.DeleteBefore(50);
        scratch.Log.DeleteBefore(20);

        Assert.Equal(50, scratch.Log.StartOffset);
    }

    [Fact]
    public void DeleteBefore_StartCannotBeRecorded_ChangesNothing()
    {
        var calls = new TestCalls();
        using var scratch = new ScratchLog(SmallSegments, calls: calls);
        scratch.Append(_batches);
        scratch.Data.Settle();
        calls.FailingSyncs = 1;

        Assert.Throws<IOException>(() => scratch.Log.DeleteBefore(50));
        Assert.Equal((0, false), (scratch.Log.StartOffset, scratch.Log.IsOffline));
        Assert.Equal(_batches.SelectMany(b => b), scratch.ReadAll(0));
        scratch.Restart();
        Assert.Equal(0, scratch.Log.StartOffset);
    }

    /// <summary>Records that were deleted had been committed: their offsets are not given out a second time.</summary>
    [Fact]
    public void Open_LostMoreThanWasDeleted_GoesOnAtTheRecordedStart()
    {
        using var scratch = new ScratchLog(SmallSegments);
        scratch.Append(_batches);
        var start = new BatchHeader(_batches[150]).BaseOffset;
        scratch.Log.DeleteBefore(start);
        scratch.Crash(folder =>
        {
            foreach (var log in Directory.GetFiles(folder, "*.log")) File.Delete(log);
            File.WriteAllBytes(Path.Combine(folder, $"{0:D20}.log"), _batches[0]);
        });

        Assert.Equal((start, start), (scratch.Log.StartOffset, scratch.Log.EndOffset));
        scratch.Append(_batches.Skip(150));
        scratch.Crash();
        Assert.Equal(_batches.Skip(150).SelectMany(b => b), scratch.ReadAll(start));
    }

    [Fact]
    public void TruncateTo_InsideTheBatchThatTheLogBeginsIn_EmptiesIt()
    {
        using var scratch = new ScratchLog();
        scratch.Append(Batches.Make(0, 10), Batches.Make(10, 5));
        scratch.Log.DeleteBefore(4);
        scratch.Log.TruncateTo(7);

        Assert.Equal((4, 4), (scratch.Log.StartOffset, scratch.Log.EndOffset));
        scratch.Append(Batches.Make(4, 2));
        scratch.Crash();
        Assert.Equal((4, 6), (scratch.Log.StartOffset, scratch.Log.EndOffset));
    }

    [Fact]
    public void TruncateFully_BelowARecordedStart_ForgetsIt()
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        scratch.Log.DeleteBefore(100);
        scratch.Log.TruncateFullyAndStartAt(20);
        scratch.Append(Batches.Make(20, 2));
        scratch.Crash();

        Assert.Equal((20, 22), (scratch.Log.StartOffset, scratch.Log.EndOffset));
    }

    [Fact]
    public void TruncateFully_WithAStartInsideTheNextBatch_KeepsIt()
    {
        using var scratch = new ScratchLog();
        scratch.Append(_batches);
        scratch.Log.TruncateFullyAndStartAt(1000, startOffset: 1005);
        scratch.Append(Batches.Make(1000, 10));
        scratch.Crash();

        Assert.Equal((1005, 1010), (scratch.Log.StartOffset, scratch.Log.EndOffset));
        Assert.Equal(Batches.Make(1000, 10), scratch.Read(1005));
    }

    /// <summary>A mapping of a file that is cut would end the process, and a client would be sent less than it was promised.</summary>
    [Theory]
    [InlineData("sendfile")]
    [InlineData("mapped")]
    public void Drop_LargeSegment_IsCutInPiecesOnceNobodyReadsIt(string read)
    {
        var calls = new CuttingCalls();
        using var scratch = new ScratchLog(
            new LogOptions { SegmentBytes = 48 << 20 }, StorageStrategies.Create(flush: "os-cache", read: read), calls);
        for (var i = 0; i < 50; i++) scratch.Append(Batches.Make(i, valueBytes: 1 << 20));
        scratch.Data.Settle();
        var size = new FileInfo(scratch.Files("*.log")[0]).Length;
        Assert.True(scratch.Log.TryRead(0, long.MaxValue, 4000, true, out var slice));
        calls.Lengths.Clear();
        scratch.Log.DeleteBefore(49);
        scratch.Data.Settle();

        Assert.Empty(calls.Lengths);
        Assert.Equal(Batches.Make(0, valueBytes: 1 << 20), ScratchLog.Take(slice));
        scratch.Data.Settle();
        Assert.Equal([size - (16 << 20), size - (32 << 20)], calls.Lengths.Where(length => length < size).Take(2));
        Assert.Single(Directory.GetFiles(scratch.Log.Folder, "*.log*"));
    }

    private sealed class CuttingCalls : Engine.Storage.Native.FileCalls
    {
        public System.Collections.Concurrent.ConcurrentQueue<long> Lengths { get; } = new();

        public override void Cut(Microsoft.Win32.SafeHandles.SafeFileHandle file, long length)
        {
            Lengths.Enqueue(length);
            base.Cut(file, length);
        }
    }
}
