using Harness.Load;
using Harness.Plans;
using Harness.Runs;

namespace Harness.Tests.Runs;

public sealed class NodeWarmupTests
{
    private static readonly LoadSpec Spec = new() { Bootstrap = ["127.0.0.1:1"], Topic = "load", Warmup = TimeSpan.FromSeconds(5), Duration = TimeSpan.FromSeconds(99) };

    [Fact]
    public async Task Run_SteadyFromTheBeginning_TakesTheTimeAndNoMore()
    {
        var jobs = await Jobs(TimeSpan.FromSeconds(60), slice => (Rate: 1000, P99Ms: 5));

        Assert.Equal(6, jobs.Count);
        Assert.All(jobs, job => Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(10)), (job.Warmup, job.Duration)));
        Assert.Equal(6, jobs.Select(job => job.Topic).Distinct().Count());
    }

    [Fact]
    public async Task Run_LatencyStillFalling_GoesOnUntilItNoLongerDoes() =>
        Assert.Equal(9, (await Jobs(TimeSpan.FromSeconds(60), slice => (1000, slice < 7 ? 1000 >> slice : 10))).Count);

    [Fact]
    public async Task Run_RateThatAlwaysRises_EndsAtTwiceTheTime() =>
        Assert.Equal(4, (await Jobs(TimeSpan.FromSeconds(20), slice => (1000 << slice, 5))).Count);

    [Fact]
    public async Task Run_LessThanASlice_IsOneOfThatTime() =>
        Assert.Equal(TimeSpan.FromSeconds(3), Assert.Single(await Jobs(TimeSpan.FromSeconds(3), slice => (1000, 5))).Duration);

    /// <summary>A rate that warm nodes hold may take cold ones several times as long, which is no failure.</summary>
    [Fact]
    public async Task Run_EachSlice_IsAnsweredAsLateAsTwoMinutesAfterItsEnd() =>
        Assert.All(await Jobs(TimeSpan.FromSeconds(20), slice => (1000, 5)), job => Assert.Equal(TimeSpan.FromMinutes(2), job.Drain));

    [Fact]
    public async Task Run_LoadThatFails_IsTheRunsFailure()
    {
        var error = await Assert.ThrowsAsync<RunFailedException>(() => NodeWarmup.Run(
            TimeSpan.FromSeconds(1), topic => Spec, (_, job) => Task.FromResult(Report(job, 1, 1) with { Problems = ["refused"] })));

        Assert.Contains("refused", error.Message);
    }

    [Fact]
    public void JobOf_LoadThatChecksAfterwards_ReadsNothing() =>
        Assert.Null(NodeWarmup.JobOf(new ProduceLoad(), Spec.Bootstrap, "t", new Schedule(TimeSpan.Zero, TimeSpan.Zero, 1), 1).Consume);

    [Fact]
    public void JobOf_LoadThatIsReadMeanwhile_IsReadMeanwhile() => Assert.NotNull(NodeWarmup.JobOf(
        new ProduceLoad { Check = new ConsumeSpec { When = ConsumeWhen.During } }, Spec.Bootstrap, "t", new Schedule(TimeSpan.Zero, TimeSpan.Zero, 1), 1).Consume);

    [Fact]
    public void JobOf_LoadThatOnlyReads_SendsAsFastAsItGoes() =>
        Assert.Equal(Arrival.Closed, NodeWarmup.JobOf(new ReadLoad(), Spec.Bootstrap, "t", new Schedule(TimeSpan.Zero, TimeSpan.Zero, 1), 1).Produce!.Arrival);

    private static async Task<List<LoadSpec>> Jobs(TimeSpan time, Func<int, (double Rate, int P99Ms)> slice)
    {
        var jobs = new List<LoadSpec>();
        await NodeWarmup.Run(time, topic => Spec with { Topic = topic }, (_, job) =>
        {
            var (rate, p99) = slice(jobs.Count);
            jobs.Add(job);
            return Task.FromResult(Report(job, rate, p99));
        });
        return jobs;
    }

    private static LoadReport Report(LoadSpec spec, double rate, int p99Ms)
    {
        var latency = new Histogram();
        latency.Record(TimeSpan.FromMilliseconds(p99Ms));
        return new LoadReport
        {
            Spec = spec,
            Worker = new WorkerUsage { UserSeconds = 0, SystemSeconds = 0, Cores = 0, AllocatedBytes = 0, Collections = 0 },
            Produce = new ProduceReport
            {
                AckedRecordsPerSecond = rate, AckedBytesPerSecond = 0, SentRecords = 0, AckedRecords = 0, AckedBytes = 0, WireBytes = 0, Requests = 0, Batches = 0,
                Totals = new ProduceTotals(0, 0, 0, 0, 0), Latency = latency, ServiceTime = new Histogram(), SendLateness = new Histogram(), GeneratorLateness = new Histogram(),
            },
        };
    }
}
