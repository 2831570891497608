using Engine.Core;
using Engine.Protocol.Records;
using Harness.Load;
using Harness.Load.Running;

namespace Harness.Tests.Load;

/// <summary>A load that goes on through failures: nothing is dropped without a word, and what can be stored once is stored once.</summary>
public sealed class ResilienceTests
{
    /// <summary>Some 37 records of 100 bytes: a machine that was busy elsewhere cannot send a whole plan in fewer requests than a test counts.</summary>
    internal const int SmallBatch = 4096;

    [Fact]
    public void LostAnswers_ToAnIdempotentProducer_AreRetriedAndStoredOnce()
    {
        using var broker = new FakeBroker(partitions: 2) { ChecksSequences = true, LosesAnswer = request => request is 3 or 9 or 10 or 25 };
        var report = Run([broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 5000 }, new(), retries: int.MaxValue);

        AssertSoundAndWhole(report, 5000);
        Assert.True(report.Produce!.Totals.Resent > 0);
        Assert.Equal(5000, Stored(broker, 0) + Stored(broker, 1));
    }

    [Fact]
    public void LostAnswers_WithoutIdempotence_AreStoredTwiceAndFound()
    {
        using var broker = new FakeBroker { LosesAnswer = request => request is 3 or 9 };
        var report = Run([broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 3000, Idempotent = false }, new(), retries: 5);

        Assert.Equal(3000, report.Produce!.Totals.Acked);
        Assert.True(report.Verification!.Duplicated > 0);
        Assert.Equal(0, report.Verification.Lost);
        Assert.Equal(Stored(broker, 0) - 3000, report.Verification.Duplicated);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LostAnswers_WithoutRetries_AreIndeterminateAndTheLoadGoesOn(bool idempotent)
    {
        using var broker = new FakeBroker { ChecksSequences = idempotent, LosesAnswer = request => request is 3 or 9 };
        var produce = new ProduceSpec { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 3000, Idempotent = idempotent };
        var report = Run([broker], produce, new(), retries: 0);

        var totals = report.Produce!.Totals;
        Assert.Empty(report.Problems);
        Assert.Equal((3000, 3000, 0), (totals.Sent, totals.Acked + totals.Failed, totals.Resent));
        Assert.True(totals.Indeterminate > 0);
        Assert.Equal(totals.Failed, report.Produce.Errors["ConnectionLost"]);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
        Assert.Equal(Stored(broker, 0) - totals.Acked, report.Verification.UnackedRead); // those whose answers were lost
        Assert.True(report.Verification.UnackedRead > 0);
    }

    [Theory]
    [InlineData(ErrorCode.NotEnoughReplicas)]
    [InlineData(ErrorCode.NotEnoughReplicasAfterAppend)]
    [InlineData(ErrorCode.NotLeaderOrFollower)]
    [InlineData(ErrorCode.KafkaStorageError)]
    public void RetriableErrors_BehindWhichOthersAreUnderWay_KeepTheOrder(ErrorCode error)
    {
        using var broker = new FakeBroker(partitions: 2) { ChecksSequences = true, Judge = (_, batch) => batch is 3 or 4 or 12 ? error : ErrorCode.None };
        var report = Run([broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 5000, MaxInFlight = 5 }, new(), retries: int.MaxValue);

        AssertSoundAndWhole(report, 5000);
        Assert.Equal(5000, Stored(broker, 0) + Stored(broker, 1));
    }

    [Theory]
    [InlineData(ErrorCode.MessageTooLarge, false)]
    [InlineData(ErrorCode.InvalidRecord, false)]
    [InlineData(ErrorCode.UnknownServerError, true)]
    public void FinalErrors_AreNotRetriedAndCountedForWhatTheyAre(ErrorCode error, bool mayBeStored)
    {
        using var broker = new FakeBroker { ChecksSequences = true, Judge = (_, batch) => batch == 3 ? error : ErrorCode.None };
        var report = Run([broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 3000 }, new(), retries: int.MaxValue);

        var totals = report.Produce!.Totals;
        Assert.Equal((3000, 3000), (totals.Sent, totals.Acked + totals.Failed));
        Assert.True(report.Produce.Errors[error.ToString()] > 0);
        Assert.Equal(mayBeStored ? report.Produce.Errors[error.ToString()] : 0, totals.Indeterminate);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
    }

    [Fact]
    public void DeliveryTimeout_EndsEveryBatchWithAVerdict()
    {
        using var broker = new FakeBroker { ChecksSequences = true, Judge = (_, batch) => batch >= 10 ? ErrorCode.NotEnoughReplicas : ErrorCode.None };
        var produce = new ProduceSpec { RecordsPerSecond = 5000, Linger = LoadRunTests.Ms(5), BatchBytes = SmallBatch };
        var report = Run([broker], produce, new(), retries: int.MaxValue, seconds: 0.5, delivery: LoadRunTests.Ms(1000));

        var totals = report.Produce!.Totals;
        Assert.Equal(2500, totals.Acked + totals.Failed + totals.NeverSent);
        Assert.True(totals.Failed > 0);
        Assert.Equal((totals.Sent, 0, 0), (totals.Acked + totals.Failed, totals.Indeterminate, totals.Unanswered));
        Assert.True(totals.Resent > 0);
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Examples));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LeadersMove_ToAnotherBroker_ProducersAndReadersFollow(bool firstOneIsGone)
    {
        using var first = new FakeBroker(partitions: 4) { ChecksSequences = true };
        using var second = first.Another();
        first.OnProduce = number =>
        {
            if (number != 10) return;
            if (firstOneIsGone) first.GoAway();
            for (var partition = 0; partition < 4; partition++)
                if (firstOneIsGone || partition % 2 == 0) second.Lead(partition);
        };
        var produce = new ProduceSpec { RecordsPerSecond = 10_000, Linger = LoadRunTests.Ms(2), BatchBytes = SmallBatch };
        var report = Run([first, second], produce, new() { When = ConsumeWhen.During, Consumers = 2 }, retries: int.MaxValue, seconds: 1);

        AssertSoundAndWhole(report, 10_000, readers: 2);
        Assert.True(second.ProduceRequests > 0);
        Assert.Equal(2 * 10_000, report.Consume!.EndToEnd!.Count);
    }

    /// <remarks>What asks the others who leads must not wait for what connects to the one that led.</remarks>
    [Fact]
    public void LeaderStandsStill_UntilItIsReplaced_OthersAreAskedAllTheTime()
    {
        using var first = new FakeBroker { ChecksSequences = true };
        using var second = first.Another();
        var (questions, connections) = (0, 0);
        var moving = new Thread(() =>
        {
            while (first.ProduceRequests < 20) Thread.Sleep(10);
            first.StandStill();
            // From when the load has given up its connection: it has asked who leads, was told that the first still does, and connects.
            var connected = first.Connections;
            while (first.Connections == connected) Thread.Sleep(10);
            (questions, connections) = (second.MetadataRequests, first.Connections);
            while (second.MetadataRequests < questions + 12) Thread.Sleep(10);
            (questions, connections) = (second.MetadataRequests - questions, first.Connections - connections);
            second.Lead(0);
        });
        moving.Start();
        var produce = new ProduceSpec { RecordsPerSecond = 5000, Linger = LoadRunTests.Ms(2), BatchBytes = SmallBatch };
        var report = Run([first, second], produce, new(), retries: int.MaxValue, seconds: 1, requestTimeout: LoadRunTests.Ms(2000));
        moving.Join();

        AssertSoundAndWhole(report, 5000);
        Assert.True(second.ProduceRequests > 0);
        Assert.True(connections < questions / 2, $"{questions} questions, and {connections} connections to the one that stands still");
    }

    [Fact]
    public async Task BrokerAway_ForAWhile_ShowsInTheLatencyOfWhatWasDueMeanwhile()
    {
        using var broker = new FakeBroker { ChecksSequences = true };
        Task? away = null;
        broker.OnProduce = number =>
        {
            if (number != 10) return;
            broker.GoAway();
            away = Task.Delay(400).ContinueWith(_ => broker.ComeBack(), TaskScheduler.Default);
        };
        var report = Run([broker], new() { RecordsPerSecond = 5000, Linger = LoadRunTests.Ms(2), BatchBytes = SmallBatch }, new(), retries: int.MaxValue, seconds: 1);
        await away!;

        AssertSoundAndWhole(report, 5000);
        Assert.Equal(5000, report.Produce!.Latency.Count); // the plan ran on
        Assert.True(report.Produce.Latency.Max >= LoadRunTests.Ms(350));
        Assert.InRange(report.Produce.Latency.CountAbove(LoadRunTests.Ms(100)), 1000, 5000); // due in the first 300 ms, less what a slow machine sent late anyway
    }

    [Fact]
    public void BrokerGoneForGood_EndsWithEveryRecordAccountedFor()
    {
        using var broker = new FakeBroker { ChecksSequences = true };
        broker.OnProduce = number =>
        {
            if (number == 10) broker.GoAway();
        };
        var report = Run([broker], new() { RecordsPerSecond = 5000, Linger = LoadRunTests.Ms(2), BatchBytes = SmallBatch }, null, retries: int.MaxValue, seconds: 0.5, drain: LoadRunTests.Ms(300));

        var totals = report.Produce!.Totals;
        Assert.Equal(2500, totals.Acked + totals.Failed + totals.NeverSent);
        Assert.Equal(totals.Sent, totals.Acked + totals.Failed);
        Assert.Equal(0, totals.Unanswered);
        Assert.True(totals.NeverSent > 0);
    }

    [Fact]
    public void RecordsAboveTheHighWatermark_AreUncommittedReads()
    {
        using var broker = new FakeBroker { HighWatermark = end => end - 1 };
        var report = Run([broker], new() { Arrival = Arrival.Closed, BatchBytes = 4096, MaxRecords = 1000 }, new(), retries: null);

        Assert.False(report.Verification!.Sound);
        Assert.True(report.Verification.Uncommitted > 0);
        Assert.Equal(0, report.Verification.Lost);
    }

    internal static long Stored(FakeBroker broker, int partition) => broker.Log(partition).Sum(batch => (long)new BatchHeader(batch).RecordCount);

    internal static LoadReport Run(
        FakeBroker[] brokers, ProduceSpec produce, ConsumeSpec? consume, int? retries, double seconds = 20, TimeSpan? delivery = null, TimeSpan? drain = null,
        string? history = null, TimeSpan? requestTimeout = null)
    {
        var spec = new LoadSpec
        {
            Bootstrap = [.. brokers.Select(broker => broker.Address)],
            Topic = FakeBroker.Topic,
            Produce = produce,
            Consume = consume is null ? null : consume with { MaxWait = LoadRunTests.Ms(50) },
            Warmup = TimeSpan.Zero,
            Duration = LoadRunTests.Ms(seconds * 1000),
            Drain = drain ?? TimeSpan.FromSeconds(60),
            RequestTimeout = requestTimeout ?? TimeSpan.FromSeconds(60),
            Retries = retries,
            DeliveryTimeout = delivery ?? TimeSpan.FromMinutes(1),
            RetryBackoff = LoadRunTests.Ms(20),
            HistoryFile = history,
        };
        Assert.Empty(SpecCheck.Problems(spec));
        var lines = new List<LoadLine>();
        LoadWorker.Run(spec, lines.Add, new RunControl());
        return Assert.IsType<ReportLine>(lines[^1]).Report;
    }

    private static void AssertSoundAndWhole(LoadReport report, long records, int readers = 1)
    {
        Assert.Empty(report.Problems);
        var totals = report.Produce!.Totals;
        Assert.Equal((records, records, 0, 0, 0), (totals.Sent, totals.Acked, totals.Failed, totals.Unanswered, totals.NeverSent));
        Assert.True(report.Verification!.Sound, string.Join("; ", report.Verification.Reasons.Concat(report.Verification.Examples)));
        Assert.Equal(readers * records, report.Verification.Read);
    }
}
