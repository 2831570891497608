using Harness.Load;
using Harness.Load.Content;
using Harness.Load.Producing;
using Harness.Load.Running;
using Harness.Load.Sent;
using Harness.Load.Wire;

namespace Harness.Tests.Load;

/// <summary>A generator that makes garbage measures its own collector. What a producer's thread allocates must not grow with the load.</summary>
public sealed class AllocationTests
{
    [Fact]
    public void Producer_SendingFourTimesAsMuch_AllocatesNoMore()
    {
        AllocatedBy(20_000); // so that everything has been called once
        var few = AllocatedBy(20_000);
        // 60,000 more records are 4,000 more batches, with an object of the least size for each 96,000 bytes. What a slow machine adds is less:
        // histograms of more seconds and of longer latencies.
        long[] more = [.. Enumerable.Range(0, 4).Select(_ => AllocatedBy(80_000) - few)];
        Assert.True(more.Min() <= 48_000, string.Join(", ", more));
    }

    private static long AllocatedBy(long records)
    {
        using var broker = new FakeBroker(partitions: 2);
        var load = new LoadSpec
        {
            Bootstrap = [broker.Address],
            Topic = FakeBroker.Topic,
            Produce = new() { Arrival = Arrival.Closed, BatchBytes = 2 << 10, MaxInFlight = 3, MaxRecords = records },
            Warmup = TimeSpan.Zero,
            Duration = TimeSpan.FromSeconds(30),
        };
        var content = new RecordContent(SpecCheck.Values(load.Produce, 1), null, 1, 2);
        var ledger = new SentLedger(content, 1, idempotent: true, template: false, withJournal: false);
        var control = new RunControl();
        using var cluster = new Cluster(load.Bootstrap, "test", TimeSpan.FromSeconds(60));
        using var producer = new Producer(load, 0, cluster, ledger, control);
        producer.Prepare();
        var schedule = Schedule.From(load, Clock.Now);
        var filler = new BatchFiller(
            load.Produce, content, ledger.OfProducer(0), [0, 1], Arrivals.Create(load.Produce, 0, schedule.Start, 1), schedule, new(records, long.MaxValue));
        var timeline = new Timeline(schedule, 0);
        for (var second = 0; second < 30; second++) timeline.Add(second, new() { AckedRecords = 1 }); // its own memory is not the matter
        producer.Begin(filler, new(schedule, timeline), schedule);

        var before = GC.GetAllocatedBytesForCurrentThread();
        producer.Run();
        Assert.Empty(control.Problems);
        Assert.Equal(records, producer.Tally.Whole.AckedRecords);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
