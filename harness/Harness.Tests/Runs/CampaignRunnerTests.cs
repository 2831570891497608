using Harness.Cli;
using Harness.Cli.Progress;
using Harness.Files;
using Harness.Load;
using Harness.Measures;
using Harness.Measures.Calibrating;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Systems;
using Harness.Tests.Plans;

namespace Harness.Tests.Runs;

/// <summary>Whole runs of small campaigns on the real broker, with load workers as processes.</summary>
public sealed class CampaignRunnerTests : IDisposable
{
    private static readonly Schedule Brief = new(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1), Repeats: 1);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-runs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Run_ProduceAndRead_LeavesWholeResultsAndNothingElse()
    {
        var produce = TestPlans.Produce with
        {
            Part = "produce",
            Cluster = new ClusterPlan { Nodes = 2, Replication = 2, MinInSync = 2 }.WithSetting("segment.bytes", "16777216"),
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 5000 } },
            Vary = [Axis.Strategy("flush", "os-cache", "interval")],
            Schedule = Brief,
        };
        var read = TestPlans.Read with
        {
            Part = "read",
            Cluster = TestPlans.Read.Cluster.WithSetting("segment.bytes", "16777216"),
            Load = new ReadLoad { FillBytes = 8 << 20, Send = new ProduceSpec { RecordSize = "1KiB" } },
            Vary = [],
            Schedule = Brief,
        };

        var result = await Run(TestPlans.Of(produce, read), CancellationToken.None);

        AssertMeasured(result);
        Assert.Equal(3, result.Folder.Runs.Count);
        Assert.NotNull(result.Folder.Plan.Finished);
        Assert.True(File.Exists(result.Folder.ReportPath));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "work")));

        var interval = result.Folder.Runs.Single(run => run.Axes.GetValueOrDefault("flush", "").StartsWith("interval(", StringComparison.Ordinal));
        Assert.Contains(interval.Axes["flush"], interval.Durability);
        Assert.True(result.Folder.ReadLatency(interval).Count > 0);
        Assert.True(interval.Acked > 0 && interval.Verified >= interval.Acked, $"{interval.Verified} of {interval.Acked} read back");
        Assert.Equal([ProcessRole.Leader, ProcessRole.Followers, ProcessRole.Generator], interval.Processes.Select(use => use.Role));
        Assert.All(interval.Processes, use => Assert.True(use.ContextSwitches > 0 && use.RssMaxBytes > 0, use.Role));
        // Every node told of its collections, however many there were; the load worker is not asked.
        Assert.Equal("", interval.Missing);
        Assert.All(interval.Processes, use => Assert.Equal(ProcessRole.IsBroker(use.Role), use is { GcPauseMs: >= 0, GcPauseMaxMs: >= 0, Gen0Collections: >= 0, Gen2Collections: >= 0 }));
        Assert.NotEmpty(result.Folder.ReadTimeline(interval));
        Assert.True(interval is { Bottleneck.Length: > 0, LoopbackBytes: > 0 }, interval.BottleneckText);

        var reading = result.Folder.Runs.Single(run => run.Axes["part"] == "read");
        Assert.True(reading.GoodputBytes >= 8 << 20, $"{reading.GoodputBytes} bytes read");
        Assert.Equal([ProcessRole.Leader, ProcessRole.Consumers], reading.Processes.Select(use => use.Role));
        // Two nodes for each of two cells, one for the third: what each told of itself.
        Assert.Equal(5, result.Folder.Plan.Nodes.Count);
        Assert.All(result.Folder.Plan.Nodes, node => Assert.Contains("flush", node.Settings));
    }

    [Fact]
    public async Task Run_OverTls_IsMeasuredAndSaysSoEverywhere()
    {
        var plan = TestPlans.Read with
        {
            Load = new ReadLoad { FillBytes = 8 << 20, Send = new ProduceSpec { RecordSize = "1KiB" } },
            Vary = [Axis.Named("tls", "cluster.tls", ("none", "plaintext"), ("tls13", "TLS 1.3"))],
            Schedule = Brief,
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None);

        AssertMeasured(result);
        Assert.Equal(["", "TLSv1.3"], result.Folder.Runs.OrderBy(run => run.Cell).Select(run => run.Security));
        Assert.Equal(2, result.Folder.Plan.Nodes.Count);
        Assert.Equal("copied and encrypted, no sendfile", result.Folder.Plan.Nodes.Single(node => node.Settings["security.protocol"] == "SSL").Settings["read.clients"]);
        Assert.Contains("clients plaintext or TLSv1.3", File.ReadAllText(result.Folder.ReportPath));
        // The key went with the data.
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.pem", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Run_Files_CountsWhatTheWorkerDidAndLeavesNothing()
    {
        var plan = new Plan
        {
            Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, FileBytes = 8 << 20, BlockBytes = 64 << 10, Growing = true, SyncEveryBytes = 1 << 20 } },
            Vary = [Axis.Files("api", "system-call", "mapped")],
            Schedule = Brief with { Measure = TimeSpan.FromSeconds(20) },
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None, calibrated: true);

        AssertMeasured(result);
        Assert.All([result.Folder.Calibration!.Before, result.Folder.Calibration.After!], calibration => Assert.True(calibration[CalibrationName.CacheWrite] > 0));
        Assert.All(result.Folder.Runs, run => Assert.True(run is { Bottleneck.Length: > 0, BottleneckEvidence.Length: > 0 }));
        Assert.Equal(["system-call", "mapped"], result.Folder.Runs.OrderBy(run => run.Cell).Select(run => run.Axes["api"]));
        Assert.All(result.Folder.Runs, run =>
        {
            // Each byte once: the run ends with the file, long before its time.
            Assert.Equal((8 << 20, (8 << 20) / (64 << 10)), (run.GoodputBytes, run.Acked));
            Assert.True(run.MeasuredSeconds > 0);
            Assert.Contains("fdatasync every 1MiB", run.Durability);
            Assert.Equal([ProcessRole.Files], run.Processes.Select(use => use.Role));
            Assert.Equal(128, result.Folder.ReadLatency(run).Count);
        });
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "work")));
        Assert.Empty(result.Folder.Plan.Nodes);
    }

    [Fact]
    public async Task Run_WithAPrecision_RepeatsUntilItIsReachedAndSaysSo()
    {
        var plan = new Plan
        {
            Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, FileBytes = 1 << 20, BlockBytes = 64 << 10, Growing = true } },
            Vary = [Axis.Files("api", "system-call", "mapped")],
            // So loose that the first interval there is will do: which is of six runs.
            Schedule = Brief with { Precision = 1e6, PrecisionOf = ["throughput"], Budget = TimeSpan.FromHours(1) },
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None);

        AssertMeasured(result);
        Assert.Equal(Enumerable.Range(1, 6).SelectMany(repeat => new[] { repeat, repeat }), result.Folder.Runs.Select(run => run.Repeat));
        Assert.StartsWith("every median is known to 100000000 %: Throughput of ", result.Folder.Plan.RepeatsEnded);
        Assert.All(result.Folder.Runs, run => Assert.Null(run.Stationary)); // too short to tell
    }

    [Fact]
    public async Task Run_WithoutBudgetLeft_MakesWhatThePlanAsksFor()
    {
        var plan = new Plan
        {
            Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, FileBytes = 1 << 20, BlockBytes = 64 << 10, Growing = true } },
            Vary = [],
            Schedule = Brief with { Repeats = 2, Budget = TimeSpan.FromMilliseconds(1) },
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None);

        Assert.Equal(2, result.Folder.Runs.Count);
        Assert.Equal("the budget of 0 min has no room for another round", result.Folder.Plan.RepeatsEnded);
        Assert.Contains("no room for another round", await File.ReadAllTextAsync(result.Folder.ReportPath));
    }

    [Fact]
    public async Task Run_NodeThatWasKilled_ServesAgainAndIsReadWhole()
    {
        var plan = TestPlans.Read with
        {
            Load = new ReadLoad { FillBytes = 8 << 20, PageCache = PageCache.Cold, Send = new ProduceSpec { RecordSize = "1KiB" } },
            Vary = [Axis.Load("restart", "clean", "kill")],
            Schedule = Brief,
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None);

        AssertMeasured(result);
        Assert.All(result.Folder.Runs, run =>
        {
            Assert.True(run.ReadyMs > 0 && run.FirstFetchMs > run.ReadyMs, $"ready after {run.ReadyMs} ms, first fetch after {run.FirstFetchMs} ms");
            Assert.True(run.GoodputBytes >= 8 << 20, $"{run.GoodputBytes} bytes read");
            Assert.Equal(ProcessRole.Leader, run.Processes[0].Role);
        });
    }

    [Fact]
    public async Task Run_WithOthersBeside_TellsThemApart()
    {
        var plan = TestPlans.Produce with
        {
            Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 }.WithEnvironment("DOTNET_GCConserveMemory", "1"),
            Load = new ProduceLoad
            {
                Send = new ProduceSpec { RecordsPerSecond = 1000 },
                Check = new ConsumeSpec { When = ConsumeWhen.During, Consumers = 2 },
                BacklogBytes = 4 << 20,
                Beside = Antagonist.Spin,
            },
            Vary = [],
            Schedule = Brief,
        };
        var tmpfs = plan with
        {
            Part = "tmpfs",
            Cluster = plan.Cluster with { Data = DataPlace.Tmpfs },
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000 } },
        };

        var result = await Run(TestPlans.Of(plan with { Part = "disk" }, tmpfs), CancellationToken.None);

        AssertMeasured(result);
        var disk = result.Folder.Runs.Single(run => run.Axes["part"] == "disk");
        Assert.True(disk.BesideBytesPerSecond > 0);
        Assert.Equal([ProcessRole.Leader, ProcessRole.Generator], disk.Processes.Select(use => use.Role));
        Assert.True(disk.EndToEndP50Ms > 0 && disk.EndToEndP99Ms >= disk.EndToEndP50Ms && disk.EndToEndMaxMs >= disk.EndToEndP99Ms, "latency to the readers");
        Assert.DoesNotContain("in memory", disk.Durability);
        var inMemory = result.Folder.Runs.Single(run => run.Axes["part"] == "tmpfs");
        Assert.Contains("in memory", inMemory.Durability);
        Assert.Null(inMemory.EndToEndP99Ms); // its readers came afterwards
        Assert.Empty(Directory.GetDirectories("/dev/shm", $"testbed-{Environment.ProcessId}-*"));
    }

    [Fact]
    public async Task Run_StoppedInTheMiddle_KeepsTheRunsMadeAndEndsEveryProcess()
    {
        var plan = TestPlans.Produce with
        {
            Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000 } },
            Vary = [Axis.Rate("1000", "2000")],
            Schedule = Brief,
        };
        using var stop = new CancellationTokenSource();
        var observer = new StopsAtSecondRun(stop);

        var result = await Run(TestPlans.Of(plan), stop.Token, observer);

        Assert.True(result.Interrupted);
        Assert.False(result.Sound);
        Assert.Single(result.Folder.Runs);
        Assert.Null(result.Folder.Plan.Finished);
        Assert.Single(ResultFolder.Open(result.Folder.Path).Runs);
        Assert.True(File.Exists(result.Folder.ReportPath));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "work")));
    }

    [Fact]
    public async Task Run_NodeThatCannotStart_IsAFailedRowAndTheNextRunIsMade()
    {
        var plan = TestPlans.Produce with
        {
            Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1 },
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000 } },
            Vary = [Axis.Rate("1000", "2000")],
            Schedule = Brief,
        };
        var system = new RefusesFirst(new TestbedEngine(Checkout.BrokerAssembly));

        var result = await Run(TestPlans.Of(plan), CancellationToken.None, system: system);

        Assert.False(result.Sound);
        Assert.Equal(2, result.Folder.Runs.Count);
        Assert.False(result.Folder.Runs[0].Sound);
        Assert.Contains("no room", result.Folder.Runs[0].Reason);
        RunningCampaign.AssertMeasured(result.Folder.Runs[1]);
    }

    [Fact]
    public async Task Run_WithLimitsOfNodesAndGenerator_HasThemInForceFromTheStart()
    {
        var plan = TestPlans.Produce with
        {
            Cluster = new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1, Cpus = "0", NodeMemoryBytes = 1L << 30, CpuQuota = 0.8 },
            Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000 }, Cpus = "0" },
            Vary = [],
            Schedule = Brief,
        };

        var result = await Run(TestPlans.Of(plan), CancellationToken.None);

        var row = Assert.Single(result.Folder.Runs);
        Assert.Equal(("0", "80 % of a core", "1GiB"), (result.Folder.Plan.Cluster["CPUs of the nodes"], result.Folder.Plan.Cluster["CPU time of each node"], result.Folder.Plan.Cluster["memory of each node"]));
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.False(row.Sound);
            Assert.Contains("root", row.Reason);
            return;
        }

        RunningCampaign.AssertMeasured(row);
        Assert.Equal("0", Assert.Single(result.Folder.Plan.Nodes).Settings["harness.cpus"]);
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").SelectMany(tree => Directory.GetDirectories(tree, $"testbed-{Environment.ProcessId}-{row.Cell}-*")));
    }

    private static void AssertMeasured(CampaignResult result) => Assert.All(result.Folder.Runs, RunningCampaign.AssertMeasured);

    private async Task<CampaignResult> Run(Experiment experiment, CancellationToken stop, IRunObserver? observer = null, ISystemUnderTest? system = null, bool calibrated = false)
    {
        system ??= new TestbedEngine(Checkout.BrokerAssembly);
        var work = Directory.CreateDirectory(Path.Combine(_folder, "work")).FullName;
        var campaign = await Campaign.Prepare(experiment, [], seed: 3, system, CancellationToken.None);
        var machine = await MachineProbe.Observe(work, checkout: null);
        var folder = ResultFolder.Create(Path.Combine(_folder, "results"), CampaignFacts.Describe(campaign, machine, work, "test"), machine);
        WorkerProgram Worker(string command) => new(DotNetHost.Path, [typeof(CommandLine).Assembly.Location, command]);
        var setup = new RunSetup(system, Worker("worker"), Worker("files"), work, Path.Combine(folder.Path, "logs"), KeepData: false)
        {
            Calibrator = calibrated ? new Calibrator(work, TimeSpan.FromMilliseconds(10)) : null,
        };
        return await new CampaignRunner(setup, observer ?? new PlainProgress(TextWriter.Null)).Run(campaign, folder, stop);
    }

    private sealed class StopsAtSecondRun(CancellationTokenSource stop) : IRunObserver
    {
        private int _runs;

        public void CampaignStarts(Campaign campaign, int runs, string folder)
        {
        }

        public void RunStarts(ScheduledRun run, int number, int total) => _runs = number;

        public void Step(string what)
        {
            if (_runs == 2 && what == "measuring") stop.Cancel();
        }

        public void Second(LoadSecond second)
        {
        }

        public void RunEnds(RunRow row)
        {
        }
    }

    private sealed class RefusesFirst(ISystemUnderTest system) : ISystemUnderTest
    {
        private bool _refused;

        public string Name => system.Name;

        public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop) => system.Check(cluster, stop);

        public Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop)
        {
            if (_refused) return system.StartNode(cluster, place, stop);

            _refused = true;
            throw new NodeRefusedException("no room");
        }
    }
}
