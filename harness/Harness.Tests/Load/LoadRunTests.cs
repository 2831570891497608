using Engine.Core;
using Harness.Load;
using Harness.Load.Running;

namespace Harness.Tests.Load;

public sealed class LoadRunTests
{
    [Fact]
    public void OpenLoop_AgainstAPromptBroker_SendsThePlanAndReadsItBackSound()
    {
        using var broker = new FakeBroker(partitions: 3);
        var (report, lines) = Run(broker, new() { RecordsPerSecond = 20_000, Linger = Ms(2) }, new(), seconds: 0.5, warmup: 0.2);

        Assert.Empty(report.Problems);
        Assert.Equal(14_000, report.Produce!.Totals.Acked); // 20,000/s for 0.7 s, exactly: the plan is counted, not timed
        Assert.Equal(new(14_000, 14_000, 0, 0, 0), report.Produce.Totals);
        Assert.Equal(10_000, report.Produce.Latency.Count); // those due in the measured half second
        Assert.Equal(10_000, report.Produce.ServiceTime.Count);
        Assert.Equal(20_000, report.Produce.OfferedRecordsPerSecond);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal((14_000, 14_000, 0), (report.Verification.Acked, report.Verification.Read, report.Verification.UnackedRead));
        Assert.Equal(14_000, report.Timeline.Sum(second => second.AckedRecords));
        Assert.Equal(["warmup", "measure", "drain", "read"], report.Phases.Select(phase => phase.Name));
        Assert.Equal(
            report.Phases.SelectMany(phase => new[] { (phase.Name, PhaseEdge.Start), (phase.Name, PhaseEdge.End) }),
            lines.OfType<PhaseLine>().Select(line => (line.Phase, line.Edge)));
    }

    [Fact]
    public void OpenLoop_Poisson_SendsAboutTheRateWithExponentialGaps()
    {
        using var broker = new FakeBroker();
        var (report, _) = Run(broker, new() { Arrival = Arrival.OpenPoisson, RecordsPerSecond = 20_000 }, new(), seconds: 0.5);

        Assert.InRange(report.Produce!.Totals.Acked, 10_000 - 5 * 100, 10_000 + 5 * 100); // mean 10,000, deviation 100
        Assert.True(report.Verification!.Sound);
    }

    [Fact]
    public void OpenLoop_BrokerStalls_CountsEveryRecordThatHadToWait()
    {
        using var broker = new FakeBroker { Delay = request => request == 20 ? Ms(300) : TimeSpan.Zero };
        var (report, _) = Run(broker, new() { RecordsPerSecond = 10_000, Linger = Ms(5), MaxInFlight = 2, BatchBytes = ResilienceTests.SmallBatch }, null, seconds: 1);

        // 3,000 records are due while the broker sleeps. Those of the first 200 ms wait at least 100 ms, less a batch's time.
        var latency = report.Produce!.Latency;
        Assert.Equal(10_000, latency.Count);
        Assert.True(latency.Max >= Ms(250));
        Assert.InRange(latency.CountAbove(Ms(100)), 1_700, 10_000);
        // A client that waits for the broker sees but a few slow requests in the same run. Further up, so that a busy machine adds none.
        Assert.InRange(report.Produce.ServiceTime.CountAbove(Ms(200)), 1, latency.CountAbove(Ms(200)) / 2);
        Assert.True(report.Produce.SendLateness.Max >= Ms(150));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    [InlineData(0, false)]
    public void Acks_OfEachKind_AccountForEveryRecord(short acks, bool idempotent)
    {
        using var broker = new FakeBroker(partitions: 2);
        var (report, _) = Run(broker, new() { Acks = acks, Idempotent = idempotent, RecordsPerSecond = 20_000, Connections = 2 }, new(), seconds: 0.3);

        Assert.Empty(report.Problems);
        Assert.Equal(new(6000, 6000, 0, 0, 0), report.Produce!.Totals);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal(6000, report.Verification.Read);
        Assert.Equal(acks == 0, report.Notes.Any(note => note.StartsWith("acks=0", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("zipf(200, 0.99)")]
    [InlineData("uniform(5)")]
    public void Keys_OfSeveralProducers_LandWhereTheirHashSaysAndAreReadBackSound(string keys)
    {
        using var broker = new FakeBroker(partitions: 4);
        var produce = new ProduceSpec { Keys = keys, RecordsPerSecond = 20_000, Connections = 2, RecordSize = "lognormal(median=200B, sigma=1)" };
        var (report, _) = Run(broker, produce, new() { Consumers = 2, Split = true }, seconds: 0.3);

        Assert.Empty(report.Problems);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal((6000, 6000), (report.Verification.Acked, report.Verification.Read));
        for (var partition = 0; partition < 4; partition++)
            foreach (var batch in broker.Log(partition))
                foreach (var record in new Engine.Protocol.Records.RecordReader(batch))
                    Assert.Equal(partition, Harness.Load.Content.Murmur2.Partition(record.Key, 4));
    }

    [Fact]
    public void ClosedLoop_KeepsTheWindowFullUntilItsLimit()
    {
        using var broker = new FakeBroker(partitions: 2);
        var produce = new ProduceSpec { Arrival = Arrival.Closed, BatchBytes = 4096, MaxInFlight = 3, Connections = 2, MaxRecords = 5001 };
        var (report, _) = Run(broker, produce, new(), seconds: 20);

        Assert.Empty(report.Problems);
        Assert.Null(report.Produce!.OfferedRecordsPerSecond);
        Assert.Equal(5001, report.Produce.Totals.Acked);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        // All but the last few batches hold what 4 KiB hold: 37 records of 100 bytes.
        Assert.InRange(report.Produce.Totals.Acked / (double)report.Produce.Batches, 30, 37);
    }

    [Fact]
    public void Template_ResendsTheSameRecordsAndSaysSo()
    {
        using var broker = new FakeBroker();
        var produce = new ProduceSpec { Arrival = Arrival.Closed, BatchBytes = 4096, TemplateMode = true, MaxRecords = 3000 };
        var (report, _) = Run(broker, produce, new(), seconds: 20);

        Assert.Equal(3000, report.Verification!.Read);
        Assert.True(report.Verification.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Contains(report.Notes, note => note.StartsWith("template mode", StringComparison.Ordinal));
        var records = broker.Log(0).Select(batch => Convert.ToHexString(batch.AsSpan(61))).ToList();
        Assert.True(records.Distinct().Count() <= 2); // full ones are alike, the last may be shorter
    }

    [Fact]
    public void ReadersDuring_MeasureFromTheIntendedTimeToTheReader()
    {
        using var broker = new FakeBroker(partitions: 2) { Delay = _ => Ms(5) };
        var produce = new ProduceSpec { RecordsPerSecond = 10_000, Linger = Ms(10) };
        var (report, _) = Run(broker, produce, new() { When = ConsumeWhen.During, Consumers = 2 }, seconds: 0.5);

        Assert.Empty(report.Problems);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal(2 * 5000, report.Consume!.EndToEnd!.Count); // both readers see every record
        Assert.Equal(2 * 5000, report.Verification.Read);
        Assert.True(report.Consume.EndToEnd.Min >= Ms(5));
        Assert.True(report.Consume.EndToEnd.Percentile(50) >= Ms(10)); // half the linger and the broker's delay
    }

    [Theory]
    [InlineData(ErrorCode.NotEnoughReplicas, true)]
    [InlineData(ErrorCode.NotEnoughReplicas, false)]
    [InlineData(ErrorCode.NotLeaderOrFollower, true)]
    [InlineData(ErrorCode.NotLeaderOrFollower, false)]
    public void RefusedBatches_AreFailedRecordsNotGoodputAndTheRestGoesOn(ErrorCode error, bool idempotent)
    {
        using var broker = new FakeBroker { Judge = (_, batch) => batch is 3 or 10 ? error : ErrorCode.None };
        var (report, _) = Run(broker, new() { RecordsPerSecond = 10_000, Linger = Ms(5), Idempotent = idempotent, BatchBytes = ResilienceTests.SmallBatch }, new(), seconds: 0.4);

        var totals = report.Produce!.Totals;
        Assert.Equal(4000, totals.Sent);
        Assert.Equal(4000, totals.Acked + totals.Failed);
        Assert.InRange(totals.Failed, 2, 3000);
        Assert.Equal(totals.Failed, report.Produce.Errors[error.ToString()]);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal(totals.Acked, report.Verification.Read);
    }

    [Fact]
    public void ClosedConnection_FailsTheRunAndSaysWho()
    {
        using var broker = new FakeBroker { ClosesAfter = 10 };
        var (report, _) = Run(broker, new() { RecordsPerSecond = 10_000 }, new(), seconds: 5);

        Assert.True(report.Failed);
        Assert.Contains(report.Problems, problem => problem.Contains(broker.Address, StringComparison.Ordinal) && problem.Contains("closed", StringComparison.Ordinal));
        Assert.True(report.Produce!.Totals.Unanswered > 0);
    }

    [Fact]
    public void SilentBroker_FailsTheRunWhenTheRequestTimeoutIsOver()
    {
        using var broker = new FakeBroker { Delay = request => request < 5 ? TimeSpan.Zero : TimeSpan.FromSeconds(20) };
        var (report, _) = Run(broker, new() { RecordsPerSecond = 10_000 }, null, seconds: 5, timeout: Ms(2000));

        Assert.Contains(report.Problems, problem => problem.Contains("unanswered", StringComparison.Ordinal));
    }

    [Fact]
    public void OnlyReading_InEveryManner_FindsWhatIsThere()
    {
        using var broker = new FakeBroker(partitions: 3);
        Run(broker, new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 3000 }, null, seconds: 20);
        var bytes = Enumerable.Range(0, 3).Sum(partition => broker.Log(partition).Sum(batch => (long)batch.Length));

        foreach (var reading in Enum.GetValues<Reading>())
        {
            var consume = new ConsumeSpec { When = ConsumeWhen.Only, Reading = reading, Consumers = 2, FetchMaxBytes = 20_000, PartitionMaxBytes = 9_000 };
            var (report, _) = Run(broker, null, consume, seconds: 20);
            Assert.Empty(report.Problems);
            Assert.Equal([(3000, bytes), (3000, bytes)], report.Consume!.Consumers.Select(consumer => (consumer.Records, consumer.Bytes)));
            Assert.Equal(reading == Reading.Verify ? "structure" : null, report.Verification?.Against);
            Assert.True(report.Verification?.Sound ?? true);
        }
    }

    [Fact]
    public void OnlyReading_Repeated_StartsOverUntilTimeIsUp()
    {
        using var broker = new FakeBroker();
        Run(broker, new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 500 }, null, seconds: 20);
        ConsumerReport consumer;
        var seconds = 0.3;
        do
        {
            var (report, _) = Run(broker, null, new() { When = ConsumeWhen.Only, Repeat = true }, seconds);
            Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
            consumer = report.Consume!.Consumers.Single();
            seconds *= 2; // a busy machine may take all the time there is for one pass
        }
        while (consumer.Passes < 2 && seconds < 60);

        Assert.True(consumer.Passes > 1);
        Assert.True(consumer.Records > 500);
    }

    [Fact]
    public void WhatWasThereBefore_IsNotTheLoadsBusiness()
    {
        using var broker = new FakeBroker();
        Run(broker, new() { Arrival = Arrival.Closed, MaxRecords = 777 }, null, seconds: 20);
        var (report, _) = Run(broker, new() { Arrival = Arrival.Closed, MaxRecords = 500 }, new(), seconds: 20);

        Assert.Equal(500, report.Verification!.Read);
        Assert.True(report.Verification.Sound);
    }

    internal static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    internal static (LoadReport Report, List<LoadLine> Lines) Run(
        FakeBroker broker, ProduceSpec? produce, ConsumeSpec? consume, double seconds, double warmup = 0, TimeSpan? timeout = null, TimeSpan? drain = null)
    {
        var spec = new LoadSpec
        {
            Bootstrap = [broker.Address],
            Topic = FakeBroker.Topic,
            Produce = produce,
            Consume = consume is null ? null : consume with { MaxWait = Ms(50), When = produce is null ? ConsumeWhen.Only : consume.When },
            Warmup = Ms(warmup * 1000),
            Duration = Ms(seconds * 1000),
            Drain = drain ?? TimeSpan.FromSeconds(60),
            RequestTimeout = timeout ?? TimeSpan.FromSeconds(60),
        };
        Assert.Empty(SpecCheck.Problems(spec));
        var lines = new List<LoadLine>();
        LoadWorker.Run(spec, lines.Add, new RunControl());
        return (Assert.IsType<ReportLine>(lines[^1]).Report, lines);
    }
}
