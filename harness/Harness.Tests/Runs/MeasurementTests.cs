using Harness.Checking;
using Harness.Faults;
using Harness.Load;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Tests.Plans;

namespace Harness.Tests.Runs;

/// <summary>What makes a run with faults prove something, told from reports that nobody had to wait for.</summary>
public sealed class MeasurementTests
{
    private const long Interval = 10 * Clock.Millisecond;

    [Fact]
    public async Task Row_LoadGoesOnAfterTheFault_SaysHowSoon()
    {
        var row = (await Measure(acks: [5, 5, 0, 0, 0, 0, 5])).Row();

        Assert.Equal((true, ""), (row.Sound, row.Reason));
        Assert.Equal(30, row.ResumedMs); // healed after 40 ms; the interval that ends at 70 has the next
    }

    [Fact]
    public async Task Row_NothingIsAcknowledgedAfterTheFault_IsNotSound()
    {
        var row = (await Measure(acks: [5, 5, 5, 5])).Row();

        Assert.Equal((false, "nothing was acknowledged once the faults were over"), (row.Sound, row.Reason));
        Assert.Null(row.ResumedMs);
    }

    [Fact]
    public async Task Row_FaultEndsWithTheMeasuring_NothingMoreHasToCome()
    {
        var row = (await Measure(acks: [5, 5, 5, 5], healed: 0.1)).Row();

        Assert.True(row.Sound, row.Reason);
    }

    [Fact]
    public async Task Row_StepThatWasNeverTaken_IsNotSoundAndNamesIt()
    {
        var measurement = await Measure(acks: [5, 5, 5, 5, 5, 5]);
        measurement.Extras.MissedFaults = [FaultStep.Parse("kill(follower, at=3s)")];

        Assert.Equal((false, "the fault kill(follower, at=3s, back=2s) never took place: the measured time was over"), (measurement.Row().Sound, measurement.Row().Reason));
    }

    [Theory]
    [InlineData(false, 7, "history: 7 lost (acknowledged and gone); history: 3 inconsistent-offsets (offsets with more than one value)")]
    [InlineData(true, 7, "")]
    [InlineData(true, 0, "history: 3 inconsistent-offsets (offsets with more than one value)")] // nothing is lost that could explain it
    public async Task Row_AcknowledgedRecordsAreGone_IsSoundOnlyWhereTheyAreCounted(bool counts, long lost, string reason)
    {
        var history = new HistoryVerdict { Lost = lost, InconsistentOffsets = 3 };
        var measurement = await Measure(acks: [5, 5, 5, 5, 5, 5], counts);
        measurement = measurement with { Report = measurement.Report with { History = history, Problems = [.. history.Reasons()] } };

        Assert.Equal(reason, measurement.Row().Reason);
        Assert.Equal((lost, (long?)3), (measurement.Row().Lost, measurement.Row().InconsistentOffsets));
    }

    [Fact]
    public async Task Row_OtherBytesThanWereSent_AreNotSoundWhateverIsCounted()
    {
        var history = new HistoryVerdict { Lost = 7, Corrupt = 1 };
        var measurement = await Measure(acks: [5, 5, 5, 5, 5, 5], countsLoss: true);
        measurement = measurement with { Report = measurement.Report with { History = history, Problems = [.. history.Reasons()] } };

        Assert.Equal("history: 1 corrupt (other bytes than sent)", measurement.Row().Reason);
    }

    // 100 ms measured, and a fault of its first 40.
    private static async Task<Measurement> Measure(long[] acks, bool countsLoss = false, double healed = 0.04)
    {
        var campaign = await TestPlans.Prepare(TestPlans.Of(TestPlans.Produce with { Vary = [], CountsLoss = countsLoss }), 7, "faults=kill(leader, at=1s)");
        await using var sampler = new Sampler(device: null);
        var sample = sampler.Take();
        var report = new LoadReport
        {
            Spec = new LoadSpec { Bootstrap = [], Topic = "load" },
            Phases = [new LoadPhase("measure", DateTimeOffset.UtcNow, 1000, 1000 + 10 * Interval)],
            Produce = Produced(acks),
            Worker = new WorkerUsage { UserSeconds = 0, SystemSeconds = 0, Cores = 0, AllocatedBytes = 0, Collections = 0 },
        };
        var extras = new RunExtras { Faults = [new FaultRecord { Fault = "kill(leader, at=0s, back=40ms)", Nodes = "1", BeganSecond = 0, HealedSecond = healed }] };
        var end = sample with { Timestamp = sample.Timestamp + System.Diagnostics.Stopwatch.Frequency / 10 };
        return new(new ScheduledRun(campaign.Cells[0], 1), "test", DateTimeOffset.UtcNow, new Dictionary<string, string>(), new HashSet<int> { 1 }, report, sample, end, [sample, end], extras);
    }

    private static ProduceReport Produced(long[] acks) => new()
    {
        AckedRecordsPerSecond = 1,
        AckedBytesPerSecond = 1,
        SentRecords = acks.Sum(),
        AckedRecords = acks.Sum(),
        AckedBytes = acks.Sum(),
        WireBytes = 1,
        Requests = 1,
        Batches = 1,
        Totals = new ProduceTotals(acks.Sum(), acks.Sum(), 0, 0, 0),
        Latency = new Histogram(),
        ServiceTime = new Histogram(),
        SendLateness = new Histogram(),
        GeneratorLateness = new Histogram(),
        Acks = new AckPulse { StartNanoseconds = 1000, IntervalNanoseconds = Interval, Records = acks, Worst = new long[acks.Length] },
    };
}
