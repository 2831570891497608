using Harness.Load;
using Harness.Load.Content;
using Harness.Load.Producing;
using Harness.Load.Running;
using Harness.Load.Sent;

namespace Harness.Tests.Load.Producing;

public sealed class ProducerTallyTests
{
    // Warm-up from 0 to 1 s, measured from 1 s to 3 s.
    private static readonly Schedule Schedule = new(0, Clock.Second, 3 * Clock.Second, 4 * Clock.Second);

    private readonly ProducerTally _tally = new(Schedule, new Timeline(Schedule, 0));

    [Fact]
    public void Sent_LateBecauseTheBrokerWasBusy_IsNotTheGeneratorsFault()
    {
        // Due at 1500 ms; an answer gave way at 1800 ms; sent at 1803 ms.
        _tally.Sent(Batch(1500), At(1803), free: At(1800), planned: true);
        Assert.Equal(TimeSpan.FromMilliseconds(303), _tally.SendLateness.Max);
        Assert.Equal(TimeSpan.FromMilliseconds(3), _tally.GeneratorLateness.Max);
    }

    [Fact]
    public void Sent_LateAlthoughTheWayWasFree_IsTheGeneratorsFault()
    {
        _tally.Sent(Batch(1500), At(1540), free: At(900), planned: true);
        Assert.Equal(TimeSpan.FromMilliseconds(40), _tally.GeneratorLateness.Max);
    }

    [Fact]
    public void Acked_AfterTheMeasuredTime_CountsItsLatencyButNotAsGoodput()
    {
        _tally.Acked(Batch(2990), sentAt: At(2995), now: At(3400));
        Assert.Equal(1, _tally.Latency.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(410), _tally.Latency.Max);
        Assert.Equal(TimeSpan.FromMilliseconds(405), _tally.ServiceTime.Max);
        Assert.Equal(0, _tally.Measured.AckedRecords);
        Assert.Equal(1, _tally.Whole.AckedRecords);
    }

    [Fact]
    public void Acked_BatchAcrossTheStartOfTheMeasuredTime_CountsTheRecordsDueInIt()
    {
        _tally.Acked(Batch(998, 999, 1000, 1001), sentAt: At(1002), now: At(1010));
        Assert.Equal(2, _tally.Latency.Count);
        Assert.Equal(TimeSpan.FromMilliseconds(10), _tally.Latency.Max);
        Assert.Equal(4, _tally.Measured.AckedRecords);
    }

    [Fact]
    public void Acked_DueInTheWarmup_IsNoMeasuredLatency()
    {
        _tally.Acked(Batch(500), sentAt: At(505), now: At(600));
        Assert.Equal((0, 0), (_tally.Latency.Count, _tally.Measured.AckedRecords));
    }

    private static long At(long milliseconds) => milliseconds * Clock.Millisecond;

    /// <summary>A batch of records that are due at these milliseconds.</summary>
    private static OutgoingBatch Batch(params long[] due)
    {
        var content = new RecordContent(ValueSource.Parse("10B", 1, 100), null, 1, 1);
        var batch = new OutgoingBatch(4096, template: null);
        batch.Begin(new SentStream(0, 0, content.Stream(0, 0), template: false, withJournal: false), 0);
        foreach (var moment in due) Assert.True(batch.TryAppend(At(moment), 0));
        batch.Due = At(due[^1]);
        return batch;
    }
}
