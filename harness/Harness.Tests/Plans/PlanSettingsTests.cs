using Harness.Files;
using Harness.Load;
using Harness.Plans;

namespace Harness.Tests.Plans;

public sealed class PlanSettingsTests
{
    [Fact]
    public void Override_ValuesWithUnits_LandWhereTheyBelong()
    {
        string[] assignments =
        [
            "cluster.nodes=5", "cluster.replication=2", "cluster.minInSync=1", "flush=group-commit(maxDelay=2ms, maxBytes=1MiB)", "broker.segment.bytes=64MiB",
            "load.partitions=6", "load.recordSize=1KiB", "load.keys=zipf(1000, 0.9)", "load.connections=2", "load.maxInFlight=9", "load.batchBytes=1MiB",
            "load.linger=10ms", "load.acks=1", "load.idempotent=false", "load.check=during", "load.duration=20s", "schedule.warmup=2s", "schedule.repeats=1",
        ];

        var plan = assignments.Aggregate((IReadOnlyList<Plan>)[TestPlans.Produce], PlanSettings.Override)[0];

        Assert.Equal((5, 2, 1), (plan.Cluster.Nodes, plan.Cluster.Replication, plan.Cluster.MinInSync));
        Assert.Equal("64MiB", plan.Cluster.Settings["segment.bytes"]);
        var send = ((BrokerLoad)plan.Load).Send;
        Assert.Equal((6, "1KiB", "zipf(1000, 0.9)", 2, 9, 1L << 20), (((BrokerLoad)plan.Load).Partitions, send.RecordSize, send.Keys, send.Connections, send.MaxInFlight, send.BatchBytes));
        Assert.Equal((TimeSpan.FromMilliseconds(10), (short)1, false), (send.Linger, send.Acks, send.Idempotent));
        Assert.Equal(ConsumeWhen.During, ((ProduceLoad)plan.Load).Check.When);
        Assert.Equal(new Schedule(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20), 1), plan.Schedule);
    }

    [Fact]
    public void Override_Sweep_ReplacesTheRatesOfWhatProducesAndLeavesOutTheRest()
    {
        var plans = PlanSettings.Override([TestPlans.Read, TestPlans.Produce], "sweep=100k, 1.5M,unlimited,100000");

        var plan = Assert.Single(plans);
        Assert.Equal(["flush", "rate"], plan.Vary.Select(axis => axis.Name));
        Assert.Equal(["100000", "1500000", "unlimited"], plan.Vary[1].Values);
        Assert.Contains("'fast' is no rate", Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "sweep=100k,fast")).Message);
        Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Read], "sweep=100k"));
    }

    [Fact]
    public void Override_TargetAndCalibration_LandWhereTheyBelong()
    {
        var plan = PlanSettings.Override(PlanSettings.Override([TestPlans.Produce], "target=p99.9 <= 5ms"), "calibrate=false")[0];

        Assert.Equal(("p99.9", 5.0, (bool?)false), (plan.Target!.Metric, plan.Target.LimitMs, plan.Schedule.Calibrate));
        var reset = PlanSettings.Override(PlanSettings.Override([plan], "target=none"), "calibrate=auto")[0];
        Assert.Null(reset.Target);
        Assert.Null(reset.Schedule.Calibrate);
        Assert.Contains("target=soon", Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "target=soon")).Message);
        Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "calibrate=maybe"));
    }

    [Fact]
    public void Override_ConditionsOfARun_LandWhereTheyBelong()
    {
        string[] conditions = ["cluster.memoryLimit=320MiB", "cluster.data=tmpfs", "env.DOTNET_gcServer=1", "load.beside=copy", "load.countCalls=true"];

        var produce = conditions.Append("load.backlog=1GiB").Aggregate((IReadOnlyList<Plan>)[TestPlans.Produce], PlanSettings.Override)[0];
        var read = PlanSettings.Override([TestPlans.Read], "load.restart=kill")[0];

        Assert.Equal((320L << 20, DataPlace.Tmpfs, "1"), (produce.Cluster.MemoryLimitBytes, produce.Cluster.Data, produce.Cluster.Environment["DOTNET_gcServer"]));
        Assert.Equal((Antagonist.Copy, true, 1L << 30), (((ProduceLoad)produce.Load).Beside, ((ProduceLoad)produce.Load).CountCalls, ((ProduceLoad)produce.Load).BacklogBytes));
        Assert.Equal(RestartKind.Kill, ((ReadLoad)read.Load).Restart);
        Assert.Null(PlanSettings.Override([produce], "cluster.memoryLimit=none")[0].Cluster.MemoryLimitBytes);
    }

    [Fact]
    public void Override_WhatClientsDoAboutFailures_ReachesTheJob()
    {
        string[] assignments = ["load.retries=unlimited", "load.deliveryTimeout=20s", "load.requestTimeout=2s", "load.retryBackoff=20ms", "load.drain=15s", "load.history=true"];

        var load = (BrokerLoad)assignments.Aggregate((IReadOnlyList<Plan>)[TestPlans.Produce], PlanSettings.Override)[0].Load;
        var job = load.Job(["a:1"], "t", TestPlans.Produce.Schedule, seed: 1);

        Assert.Equal((int.MaxValue, 20, 2, 15), (job.Retries, job.DeliveryTimeout.TotalSeconds, job.RequestTimeout.TotalSeconds, job.Drain.TotalSeconds));
        Assert.Equal(TimeSpan.FromMilliseconds(20), job.RetryBackoff);
        Assert.Equal(HistoryUse.Check, load.History);
        Assert.Null(((BrokerLoad)TestPlans.Produce.Load).Job(["a:1"], "t", TestPlans.Produce.Schedule, seed: 1).Retries);
        Assert.Null(((BrokerLoad)PlanSettings.Apply(TestPlans.Produce with { Load = load }, "load.retries", "none")!.Load).Retries);
        Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "load.retries=-1"));
    }

    [Fact]
    public void Override_FileWork_LandsWhereItBelongsAndNowhereElse()
    {
        string[] assignments =
        [
            "files.action=write", "files.api=mapped", "files.pattern=random", "files.blockBytes=64KiB", "files.threads=2", "files.fileBytes=8MiB",
            "files.cache=cold", "files.advice=sequential", "files.growing=true", "files.syncEvery=1MiB",
        ];
        IReadOnlyList<Plan> plans = [TestPlans.Produce, new Plan { Load = new FileLoad(), Schedule = TestPlans.Produce.Schedule }];

        plans = assignments.Aggregate(plans, PlanSettings.Override);

        Assert.Same(TestPlans.Produce, plans[0]);
        Assert.Equal(new FileWork
        {
            Action = FileAction.Write, Api = "mapped", Pattern = AccessPattern.Random, BlockBytes = 64 << 10, Threads = 2, FileBytes = 8 << 20,
            Cache = CacheState.Cold, Advice = Advice.Sequential, Growing = true, SyncEveryBytes = 1 << 20,
        }, ((FileLoad)plans[1].Load).Work);
        Assert.Contains("write none, sequential, random", Assert.Throws<PlanException>(() => PlanSettings.Override(plans, "files.advice=1")).Message);
    }

    [Fact]
    public void Override_SettingThatAnAxisVaries_NarrowsTheAxis()
    {
        var plan = PlanSettings.Override([TestPlans.Produce], "flush=group-commit(maxDelay=2ms)")[0];

        Assert.Equal(["group-commit(maxDelay=2ms)"], plan.Vary[0].Values);
        Assert.Equal(3, plan.Vary[1].Values.Count);
    }

    [Fact]
    public void Override_SettingOfOneKindOfLoad_LeavesTheOtherPlanAlone()
    {
        var plans = PlanSettings.Override([TestPlans.Read, TestPlans.Produce], "load.recordsPerSecond=77");

        Assert.Same(TestPlans.Read, plans[0]);
        Assert.Equal(77, ((BrokerLoad)plans[1].Load).Send.RecordsPerSecond);
    }

    [Theory]
    [InlineData("read=sendfile")]
    [InlineData("cluster.nodes=3")]
    [InlineData("broker.segment.bytes=1MiB")]
    [InlineData("env.DOTNET_gcServer=1")]
    public void Override_BrokersOfAPlanWithoutAny_IsRefused(string assignment)
    {
        var plan = TestPlans.Read with { Load = new FileLoad { Work = new FileWork() } };

        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([plan], assignment));

        Assert.Contains("does not apply", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Override_SettingOfNoPlan_IsRefused()
    {
        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "load.fillBytes=1GiB"));

        Assert.Contains("load.fillBytes does not apply", error.Message);
    }

    [Fact]
    public void Override_UnknownName_ListsWhatThereIs()
    {
        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], "load.recordsPerSec=1"));

        Assert.Contains("load.recordsPerSec'", error.Message);
        Assert.All(PlanSettings.All, setting => Assert.Contains(setting.Name, error.Message));
    }

    [Theory]
    [InlineData("load.linger=5", "such as 5ms")]
    [InlineData("load.recordsPerSecond=-3", "unlimited")]
    [InlineData("load.recordsPerSecond=0", "unlimited")]
    [InlineData("cluster.nodes=0", "above 0")]
    [InlineData("load.batchBytes=12 apples", "such as 128KiB")]
    [InlineData("load.acks=2", "0, 1 or all")]
    [InlineData("load.check=never", "during or after")]
    [InlineData("load.idempotent=yes", "true or false")]
    public void Override_TextThatDoesNotSuit_SaysWhatWould(string assignment, string allowed)
    {
        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], assignment));

        Assert.StartsWith(assignment, error.Message);
        Assert.Contains(allowed, error.Message);
    }

    [Theory]
    [InlineData("flush")]
    [InlineData("=os-cache")]
    [InlineData("flush=")]
    [InlineData("")]
    public void Override_NoAssignment_ShowsOne(string text)
    {
        var error = Assert.Throws<PlanException>(() => PlanSettings.Override([TestPlans.Produce], text));

        Assert.Contains("key=value", error.Message);
    }

    [Fact]
    public void Rate_Unlimited_ClosesTheLoopAndANumberOpensIt()
    {
        var closed = PlanSettings.Apply(TestPlans.Produce, "load.recordsPerSecond", "unlimited")!;
        Assert.Equal(Arrival.Closed, ((BrokerLoad)closed.Load).Send.Arrival);

        var open = PlanSettings.Apply(closed, "load.recordsPerSecond", "250000")!;
        Assert.Equal((Arrival.OpenConstant, 250_000), (((BrokerLoad)open.Load).Send.Arrival, ((BrokerLoad)open.Load).Send.RecordsPerSecond));
    }
}
