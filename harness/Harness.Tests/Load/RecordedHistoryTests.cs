using Engine.Protocol.Records;
using Harness.Checking;
using Harness.Load;

namespace Harness.Tests.Load;

/// <summary>Loads that record what they do: the history agrees with what happened, and shows what a broker did wrong.</summary>
public sealed class RecordedHistoryTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"testbed-recorded-{Guid.NewGuid():N}.jsonl");

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(ConsumeWhen.After)]
    [InlineData(ConsumeWhen.During)]
    public void LoadThroughFailures_LeavesAHistoryThatIsProven(ConsumeWhen when)
    {
        using var broker = new FakeBroker(partitions: 2) { ChecksSequences = true, LosesAnswer = request => request is 3 or 9 };
        var report = Run(broker, new() { When = when, Consumers = 2 }, retries: int.MaxValue);

        Assert.Empty(report.Problems);
        Assert.True(report.History!.IsProven, string.Join("; ", report.History.Evidence));
        Assert.Equal((3000, 0, 0, 3 * 3000), (report.History.Acked, report.History.Failed, report.History.Indeterminate, report.History.Read));
        Assert.Equal(2 * 3000, report.Verification!.Read); // the last reading is the history's own
        var checker = new HistoryChecker();
        HistoryFile.Read(_file, checker);
        Assert.Equal(report.History with { Evidence = [] }, checker.Conclude() with { Evidence = [] });
    }

    [Fact]
    public void LostAnswers_WithoutRetries_AreIndeterminateAndTheirReadsAllowed()
    {
        using var broker = new FakeBroker { LosesAnswer = request => request is 3 or 9 };
        var report = Run(broker, new(), retries: 0);

        Assert.True(report.History!.IsProven, string.Join("; ", report.History.Evidence));
        Assert.Equal(report.Produce!.Totals.Indeterminate, report.History.Indeterminate);
        Assert.Equal(ResilienceTests.Stored(broker, 0) - report.Produce.Totals.Acked, report.History.IndeterminateRead);
        Assert.True(report.History.IndeterminateRead > 0);
    }

    [Fact]
    public void AnswersOfAcksNone_AreNotTakenForAcknowledgements()
    {
        using var broker = new FakeBroker { Store = (_, number, batch) => number == 5 ? [] : [batch] };
        var report = Run(broker, new(), retries: null, acks: 0, drain: TimeSpan.FromSeconds(1));

        Assert.Equal((0, 3000), (report.History!.Acked, report.History.Indeterminate));
        Assert.Equal(0, report.History.Lost);
    }

    [Fact]
    public void DroppedBatch_IsLostInTheHistoryToo()
    {
        var dropped = 0L;
        using var broker = new FakeBroker();
        broker.Store = (_, number, batch) =>
        {
            if (number == 5) dropped = new BatchHeader(batch).RecordCount;
            return number == 5 ? [] : [batch];
        };
        var report = Run(broker, new(), retries: null);

        Assert.True(report.Failed);
        Assert.Equal((dropped, dropped), (report.Verification!.Lost, report.History!.Lost));
        Assert.Contains(report.Problems, problem => problem.Contains($"{dropped} lost", StringComparison.Ordinal));
    }

    [Fact]
    public void ChangedRecord_IsOneCorruptValueForEachReader()
    {
        using var broker = new FakeBroker();
        broker.Store = (_, number, batch) =>
        {
            if (number != 5) return [batch];

            byte[] changed = [.. batch];
            changed[^20] ^= 0x10;
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(BatchHeader.CrcOffset), Engine.Protocol.Wire.Crc32C.Compute(changed.AsSpan(BatchHeader.ChecksummedFrom)));
            return [changed];
        };
        var report = Run(broker, new(), retries: null);

        Assert.Equal(2, report.History!.Corrupt); // the reader's and the last reading
        Assert.Equal(1, report.History.Lost); // its own bytes are nowhere
    }

    [Fact]
    public void LogThatIsCutAndWrittenAnew_IsLostVanishedAndInconsistent()
    {
        using var broker = new FakeBroker { ChecksSequences = true };
        broker.OnProduce = number =>
        {
            // The reader beside the load has read what is cut off then.
            if (number == 41) broker.AwaitReader(0, new BatchHeader(broker.Log(0)[35]).BaseOffset);
        };
        broker.Store = (_, number, batch) =>
        {
            if (number == 41) broker.CutBack(0, batches: 20);
            return [batch];
        };
        var report = Run(broker, new() { When = ConsumeWhen.During }, retries: int.MaxValue);

        Assert.True(report.Failed);
        Assert.True(report.History!.Lost > 0, string.Join("; ", report.History.Evidence));
        Assert.True(report.History.InconsistentOffsets > 0);
    }

    private LoadReport Run(FakeBroker broker, ConsumeSpec consume, int? retries, short acks = -1, TimeSpan? drain = null) => ResilienceTests.Run(
        [broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 3000, Acks = acks, Idempotent = acks != 0 }, consume, retries, drain: drain, history: _file);
}
