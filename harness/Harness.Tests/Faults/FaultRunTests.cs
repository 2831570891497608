using Harness.Faults;
using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Tests.Plans;
using Harness.Tests.Runs;

namespace Harness.Tests.Faults;

/// <summary>Faults on real clusters of three nodes, under load, as runs of a plan.</summary>
public sealed class FaultRunTests : IDisposable
{
    private readonly RunningCampaign _campaign = new();

    public void Dispose() => _campaign.Dispose();

    [Theory]
    [InlineData("kill(follower, at=500ms, back=500ms)", "kill")]
    [InlineData("pause(follower, at=500ms, for=500ms)", "pause")]
    [InlineData("restart(follower, at=500ms)", "restart")]
    public async Task Run_FollowerGoesAndComesBack_LosesNothingAndSaysWhen(string fault, string name)
    {
        var row = await Run(fault);

        RunningCampaign.AssertMeasured(row);
        Assert.Equal((0, 0, 0, 0), (row.Lost, row.Duplicates, row.OutOfOrder, row.Corrupt));
        Assert.True(row.Acked > 0 && row.Verified >= row.Acked, $"{row.Verified} of {row.Acked} read back");
        var record = Assert.Single(_campaign.Folder.ReadFaults(row));
        Assert.StartsWith(name + "(follower", record.Fault, StringComparison.Ordinal);
        Assert.Contains(record.Nodes, (string[])["1", "2", "3"]);
        Assert.True(record.BeganSecond >= 0.5 && record.HealedSecond > record.BeganSecond, $"{record}");
        Assert.NotEmpty(_campaign.Folder.ReadAcks(row));
        Assert.Contains("Through the faults", await File.ReadAllTextAsync(_campaign.Folder.ReportPath), StringComparison.Ordinal);
    }

    // A generator that waits with what is due, and counts from when it then sends, would show a stop as one slow request.
    [Fact]
    public async Task Run_LeaderStandsStill_CountsEveryRecordThatWasDueMeanwhileFromWhenItWasDue()
    {
        const int perSecond = 1000;
        var stop = TimeSpan.FromMilliseconds(500);
        var measure = TimeSpan.FromSeconds(4);

        var row = await Run("pause(leader, at=1s, for=500ms)", plan => plan with
        {
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = perSecond, MaxInFlight = 1, Linger = TimeSpan.Zero, Acks = -1 } },
            Schedule = plan.Schedule with { Measure = measure },
        });

        AssertNothingLost(row);
        var latency = _campaign.Folder.ReadLatency(row);
        Assert.InRange(latency.Count, perSecond * measure.TotalSeconds - 1, perSecond * measure.TotalSeconds + 1);
        Assert.True(row.P999Ms >= 0.8 * stop.TotalMilliseconds, $"{latency}, p99.9 {row.P999Ms} ms: the stop is not in the tail");
        Assert.True(row.P50Ms < stop.TotalMilliseconds / 2, $"{latency}: the stop was an eighth of the time");
        // Whoever was due in its first half waited for the other half at least.
        var waited = latency.CountAbove(0.49 * stop);
        Assert.True(waited >= perSecond * stop.TotalSeconds / 2, $"{latency}: only {waited} records waited");
    }

    [FaultsTheory(FaultNeeds.Network)]
    [InlineData("cut(follower, at=500ms, for=700ms)")]
    [InlineData("cut(follower, from=leader, way=in, at=500ms, for=700ms)")]
    [InlineData("cut(leader, from=clients, way=out, at=500ms, for=700ms)")]
    public async Task Run_LinkIsCut_LosesNothing(string fault) => AssertNothingLost(await Run(fault));

    [FaultsTheory(FaultNeeds.Proxies)]
    [InlineData("delay(all, at=300ms, for=1s, by=2ms, jitter=1ms)")]
    [InlineData("loss(leader, at=300ms, for=1s, share=5%)")]
    public async Task Run_LinksAreSlow_LosesNothing(string fault) => AssertNothingLost(await Run(fault));

    [FaultsTheory(FaultNeeds.Disks)]
    [InlineData("power-loss(follower, at=500ms, back=500ms)")]
    [InlineData("disk-full(follower, at=500ms, for=500ms)")]
    public async Task Run_DiskOfAFollowerFails_LosesNothing(string fault) => AssertNothingLost(await Run(fault));

    [FaultsTheory(FaultNeeds.Network | FaultNeeds.Store)]
    [InlineData("cut(leader, from=store, at=300ms, for=2s)")]
    [InlineData("cut(leader, from=cluster, at=300ms, for=2s)")]
    public async Task Run_LeaderIsCutFromTheStore_LosesNothingAndAllIsAcknowledgedInTheEnd(string fault)
    {
        var row = await Run(fault, plan => plan with
        {
            Cluster = (plan.Cluster with { Store = StorePlace.Etcd }).WithSetting("broker.session.timeout.ms", "1000").WithSetting("broker.heartbeat.interval.ms", "200"),
            Load = (ProduceLoad)plan.Load with { History = HistoryUse.Check },
            Schedule = plan.Schedule with { Measure = TimeSpan.FromSeconds(3) },
        });

        AssertNothingLost(row);
        Assert.Equal((0, 0), (row.Failed, row.ReplicaDifferences));
        Assert.StartsWith("etcd(endpoints=10.99.", _campaign.Folder.Plan.Nodes[0].Settings["metadata"], StringComparison.Ordinal);
    }

    [FaultsFact(FaultNeeds.Tracer)]
    public async Task Run_FlushOfTheLeaderFails_OthersLeadAndNothingIsLost() => AssertNothingLost(
        await Run("fsync-error(leader, at=300ms, back=500ms)", plan => plan with { Cluster = plan.Cluster.WithStrategy("flush", "group-commit") }));

    [Fact]
    public async Task Run_MomentLeftOpen_IsDrawnAndSaid()
    {
        AssertNothingLost(await Run("pause(follower|leader, at=300ms..900ms, for=200ms)"));

        var drawn = FaultStep.Parse(Assert.Single(_campaign.Folder.ReadFaults(Assert.Single(_campaign.Folder.Runs))).Fault);
        Assert.InRange(drawn.At, TimeSpan.FromMilliseconds(300), TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public async Task Injector_MeasuringIsOverBeforeAStep_NamesItAsMissed()
    {
        var step = FaultStep.Parse("kill(leader, at=1h)");
        // Nothing is asked of a cluster before the step's time.
        await using var injector = new FaultInjector(scene: null!, [step], _ => { }, CancellationToken.None);
        injector.Begin(Clock.Now);
        injector.End();
        await injector.Done;

        Assert.Same(step, Assert.Single(injector.Missed));
        Assert.Empty(injector.Records);
    }

    [FaultsFact(FaultNeeds.Throttle)]
    public async Task Run_DiskOfAFollowerIsSlow_LosesNothing() => AssertNothingLost(await Run("slow-disk(follower, at=300ms, for=1s, rate=256KiB)"));

    [Fact]
    public async Task Run_FaultThatOutlivesTheMeasuredTime_IsPutRightAtItsEnd()
    {
        var row = await Run("pause(follower, at=1s, for=1h)");

        RunningCampaign.AssertMeasured(row);
        Assert.NotNull(Assert.Single(_campaign.Folder.ReadFaults(row)).HealedSecond);
    }

    [Fact]
    public async Task Run_NodeThatStaysDead_EndsWithTheOthers()
    {
        var row = await Run("kill(follower, at=500ms, back=never)");

        RunningCampaign.AssertMeasured(row);
        Assert.Null(Assert.Single(_campaign.Folder.ReadFaults(row)).HealedSecond);
    }

    private void AssertNothingLost(RunRow row)
    {
        RunningCampaign.AssertMeasured(row);
        Assert.Equal((0, 0, 0, 0), (row.Lost, row.Duplicates, row.OutOfOrder, row.Corrupt));
        Assert.NotNull(Assert.Single(_campaign.Folder.ReadFaults(row)).HealedSecond);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_campaign.WorkFolder));
    }

    private async Task<RunRow> Run(string faults, Func<Plan, Plan>? change = null)
    {
        var plan = TestPlans.Produce with
        {
            Cluster = new ClusterPlan { Nodes = 3, Replication = 3, MinInSync = 2 }.WithSetting("segment.bytes", "16777216")
                .WithSetting("replica.lag.time.max.ms", "1000"), // who is gone for good must leave the in-sync set before the answers are given up
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 2000 } },
            Vary = [Axis.Faults(faults)],
            Schedule = new(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(2), Repeats: 1),
        };
        return Assert.Single((await _campaign.Run(TestPlans.Of(change?.Invoke(plan) ?? plan))).Folder.Runs);
    }
}
