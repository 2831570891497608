using Engine.Broker.Checks;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Protocol.Records;
using Engine.Storage;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Storage;

namespace Engine.Tests.Broker.Checks;

/// <summary>A producer whose batches lie can hurt who reads those batches, and nothing else: whatever is checked, the log, its
/// indexes, its clock and its followers go on.</summary>
public sealed class LyingBatchTests
{
    private const long HourMs = 3_600_000;
    private static readonly long Now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    private static readonly BatchLimits Limits = BatchLimits.At(Now, 1 << 20, long.MaxValue, HourMs, needsKeys: false);

    public static TheoryData<string, string> Taken
    {
        get
        {
            var data = new TheoryData<string, string> { { "header", LyingBatches.WrongCrc } };
            foreach (var lie in LyingBatches.Plausible)
            {
                data.Add("header", lie);
                data.Add("crc", lie);
            }

            return data;
        }
    }

    public static TheoryData<string, string> Refused
    {
        get
        {
            var data = new TheoryData<string, string> { { "crc", LyingBatches.WrongCrc }, { "records", LyingBatches.WrongCrc } };
            foreach (var lie in LyingBatches.Implausible)
                foreach (var (check, _) in BatchChecks.Catalog.Strategies) data.Add(check, lie);
            foreach (var lie in LyingBatches.Plausible.Take(4)) data.Add("records", lie);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Check_LieThatItSees_IsRefused(string check, string lie)
    {
        Assert.NotEqual(ErrorCode.None, Check(check, LyingBatches.Make(lie, Now), out var problem));
        Assert.NotNull(problem);
    }

    [Theory]
    [InlineData("a largest timestamp of 0")]
    [InlineData("no largest timestamp")]
    [InlineData("a negative largest timestamp")]
    [InlineData("the largest timestamp 59 minutes ahead")]
    public void RecordsCheck_WrongLargestTimestamp_IsCorrectedAsKafkaDoes(string lie)
    {
        var batch = LyingBatches.Make(lie, Now);

        Assert.Equal(ErrorCode.None, Check("records", batch, out _));
        Assert.Equal(Now, new BatchHeader(batch).MaxTimestamp);
        Assert.Equal(batch.Length, BatchCheck.SoundBatchBytes(batch));
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void Lie_ThatIsTaken_IsReplicatedAndHarmsNobodyElse(string check, string lie)
    {
        using var leader = new InProcessBroker([1, 2], check: check);
        using var follower = new InProcessBroker([2, 1], leader: 2, check: check);

        var (before, after) = (RecordBatch.Of("before"), RecordBatch.Of("after"));
        Produce(leader, check, before);
        Produce(leader, check, LyingBatches.Make(lie, Now));
        var offset = Produce(leader, check, after);

        var log = leader.Partition.Log;
        var bytes = Read(log, 0);
        Assert.Equal(log.SizeBytes, bytes.Length);
        Assert.True(follower.Partition.ReplicaAppend(follower.Partition.Position(), bytes, leaderHighWatermark: log.EndOffset));
        Assert.Equal(log.EndOffset, follower.Partition.Log.EndOffset);
        Assert.Equal(bytes, Read(follower.Partition.Log, 0));

        foreach (var copy in (PartitionLog[])[log, follower.Partition.Log])
        {
            Assert.Equal("after", Assert.Single(StoredRecords.In(Read(copy, offset))).Value);
            Assert.Equal(0, copy.OffsetForTimestamp(1000)?.Offset);
            Assert.InRange(copy.MaxTimestamp()!.Value.Timestamp, Now - 1, Now + HourMs);
            Assert.Equal(-1, copy.OffsetForTimestamp(Now + HourMs + 60_000)?.Offset ?? -1);
        }
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void Lie_ThatIsTaken_SurvivesRecoveryWithWhatIsBehindIt(string check, string lie)
    {
        using var log = new ScratchLog(new LogOptions { HoldsSoundCrcs = BatchChecks.Catalog.Create(check).Instance.ChecksCrc });
        var batches = Assigned(RecordBatch.Of("before"), LyingBatches.Make(lie, Now), RecordBatch.Of("after"));
        log.Append(batches);
        var end = log.Log.EndOffset;

        log.Crash();

        Assert.Equal((end, 0L), (log.Log.EndOffset, log.Log.Recovered.BytesCut));
        Assert.Equal(batches.SelectMany(batch => batch), Read(log.Log, 0));
    }

    [Theory]
    [MemberData(nameof(Taken))]
    public void Lie_ThatIsTaken_GrowsOldWithItsSegment(string check, string lie)
    {
        using var log = new ScratchLog(new LogOptions { RetentionAge = TimeSpan.FromHours(1), HoldsSoundCrcs = check != "header" });
        log.Append(Assigned(LyingBatches.Make(lie, Now)));
        log.Append(Assigned(log.Log.EndOffset, RecordBatch.Of("honest")));
        var end = log.Log.EndOffset;

        // With a young record in it the segment stays; an hour after the youngest timestamp anybody may claim it goes.
        log.Log.Retain(Now);
        Assert.Equal(0, log.Log.StartOffset);
        log.Log.Retain(Now + (3 * HourMs));
        Assert.Equal(end, log.Log.StartOffset);
    }

    [Theory]
    [InlineData("no largest timestamp")]
    [InlineData("a negative largest timestamp")]
    public void Segment_WithoutAnyTimestamp_GrowsOldFromWhenItWasWritten(string lie)
    {
        using var log = new ScratchLog(new LogOptions { RetentionAge = TimeSpan.FromHours(1) });
        log.Append(Assigned(LyingBatches.Make(lie, Now)));

        log.Log.Retain(Now);
        Assert.Equal(0, log.Log.StartOffset);
        log.Log.Retain(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + HourMs + 60_000);
        Assert.Equal(log.Log.EndOffset, log.Log.StartOffset);
    }

    /// <summary>Offsets within a segment are 32 bits wide in its indexes. A follower gets runs of batches, which may span more.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(200_000_000)] // as compaction leaves between them
    public void Append_RunOfBatchesThatCountThousandsOfMillions_RollsWithinTheRun(int gap)
    {
        using var log = new ScratchLog(new LogOptions { IndexIntervalBytes = 1 });
        var wide = Enumerable.Range(0, 5).Select(_ => LyingBatches.Make("zstd that counts a thousand million records", Now));
        var batches = Assigned([.. wide, RecordBatch.Of("after")]);

        for (var i = 0; i < batches.Count; i++)
            BatchHeader.Assign(batches[i], new BatchHeader(batches[i]).BaseOffset + ((long)i * gap), leaderEpoch: 0);
        log.Log.Append(batches.SelectMany(batch => batch).ToArray(), mayLeaveGaps: gap > 0);

        Assert.Equal(5_000_000_001 + (5L * gap), log.Log.EndOffset);
        Assert.True(log.Files("*.log").Length >= 3, "no segment spans more than 2^31 offsets");
        foreach (var batch in batches) Assert.Equal(batch, Read(log.Log, new BatchHeader(batch).BaseOffset, new BatchHeader(batch).NextOffset));
        log.Restart();
        foreach (var batch in batches) Assert.Equal(batch, Read(log.Log, new BatchHeader(batch).BaseOffset, new BatchHeader(batch).NextOffset));
    }

    private static ErrorCode Check(string check, byte[] batch, out string? problem) =>
        BatchChecks.Catalog.Create(check).Instance.Check(batch, Limits, out problem);

    private static long Produce(InProcessBroker broker, string check, byte[] batch)
    {
        Assert.Equal(ErrorCode.None, Check(check, batch, out _));
        var outcome = broker.Partition.Produce(batch, AckRules.Leader);
        Assert.Equal(ErrorCode.None, outcome.Error);
        return outcome.BaseOffset;
    }

    private static byte[] Read(PartitionLog log, long offset, long bound = long.MaxValue)
    {
        Assert.True(log.TryRead(offset, bound, int.MaxValue, atLeastOneBatch: true, out var slice));
        return ScratchLog.Take(slice);
    }

    private static List<byte[]> Assigned(params byte[][] batches) => Assigned(0, batches);

    private static List<byte[]> Assigned(long offset, params byte[][] batches)
    {
        foreach (var batch in batches)
        {
            BatchHeader.Assign(batch, offset, leaderEpoch: 0);
            offset = new BatchHeader(batch).NextOffset;
        }

        return [.. batches];
    }
}
