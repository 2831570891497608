using System.Diagnostics;
using Harness.Faults;
using Harness.Load;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Runs;

/// <summary>One run of one cell, told from the start of its processes to the end of the last.</summary>
internal sealed class CellRun : IRun
{
    private const string Topic = "load";
    private const string WarmupTopic = "warmup";
    private const string BacklogTopic = "backlog";

    /// <summary>Read before a cold measurement, so that the node's code is warm although its pages are not.</summary>
    private const long WarmupFillBytes = 256 << 20;

    /// <summary>What a disk of a node's own holds beyond the plan's records: its journal, its inodes, the node's other files.</summary>
    private const long DiskMarginBytes = 256 << 20;

    private static readonly TimeSpan AdminTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan TopicPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly RunSetup _setup;
    private readonly ScheduledRun _run;
    private readonly int _seed;
    private readonly IRunObserver _observer;
    private readonly CancellationToken _stop;
    private readonly string _name;
    private readonly string _dataFolder;
    private readonly string _logFolder;
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;

    private readonly RunExtras _extras = new();
    private Func<IReadOnlyList<FaultRecord>> _faultsSoFar = () => [];

    private Sample? _begin;
    private Sample? _end;
    private LoadSpec? _backlogJob;
    private long? _cachedFileBytes;
    private OtherProcesses? _others;

    public CellRun(RunSetup setup, ScheduledRun run, int seed, IRunObserver observer, CancellationToken stop)
    {
        _setup = setup;
        _run = run;
        _seed = seed;
        _observer = observer;
        _stop = stop;
        _name = $"{run.Cell.Facts.Id}-{run.Repeat}";
        _dataFolder = run.Cell.Cluster.Data == DataPlace.Tmpfs ? WorkFolder.InMemory(_name) : Path.Combine(setup.WorkFolder, _name);
        _logFolder = Path.Combine(setup.LogFolder, _name);
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeConfiguration> Configurations { get; private set; } = [];

    /// <inheritdoc/>
    public async Task<RunOutcome> Measure()
    {
        try
        {
            var measurement = await MeasureOnCluster();
            var outcome = new RunOutcome(measurement.Row(), measurement.Latency, measurement.Timeline());
            return !_run.Cell.Faults.IsEmpty || _run.Cell.Load is ReadLoad { Restart: not RestartKind.None } ? outcome with { Faults = _faultsSoFar(), Acks = measurement.Acks() } : outcome;
        }
        catch (Exception error) when (error is NodeFailedException or RunFailedException or LoadException or IOException)
        {
            // Ctrl-C on a terminal reaches the nodes as well: their end is then the stop itself, not a failure.
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            _stop.ThrowIfCancellationRequested();
            var settings = Configurations.Count > 0 ? Configurations[0].Settings : new Dictionary<string, string>();
            return new RunOutcome(Measurement.Failed(_run, _run.Cell.Cluster.System, _started, settings, error.Message), null, []) { Faults = _faultsSoFar() };
        }
        finally
        {
            if (!_setup.KeepData && Directory.Exists(_dataFolder)) Directory.Delete(_dataFolder, recursive: true);
        }
    }

    private async Task<Measurement> MeasureOnCluster()
    {
        var cell = _run.Cell;
        if (UsesTools && _setup.Tools.WhatIsMissing() is { } missing) throw new RunFailedException(missing);

        _observer.Step($"starting {cell.Cluster.Nodes} node{(cell.Cluster.Nodes == 1 ? "" : "s")}");
        // Outlives the nodes: a group with processes in it cannot be removed.
        using var cap = cell.Cluster.MemoryLimitBytes is { } limit
            ? ControlGroup.Create(_name, new ResourceLimits(limit), "cluster.memoryLimit")
            : null;
        using var limits = NodeLimits.Create(_name, cell.Cluster);
        Directory.CreateDirectory(_dataFolder);
        await using var ground = await NodeGround.Prepare(cell.Needs, cell.Cluster.Nodes, _dataFolder, cell.Disk.Bytes + DiskMarginBytes, _setup.Device, PlacesOnHosts());
        await using var cluster = await Cluster.Start(_setup.System, ground.Settle(cell.Cluster), _dataFolder, _logFolder, firstPort: 0, _stop,
            place => limits.Settle(ground.Settle(place)));
        Configurations = [.. cluster.Nodes.Select(node => new NodeConfiguration(cell.Facts.Id, node.Id, SettingsOf(node)))];

        var load = (BrokerLoad)cell.Load;
        await using var sampler = new Sampler(cell.Cluster.Hosts is null ? _setup.Device : null, load.RuntimeEvents, ground.Hosts);
        foreach (var node in cluster.Nodes) sampler.WatchNode(Measurement.NodeName(node.Id), node.Process);

        foreach (var node in cluster.Nodes) cap?.Add(node.Process.Pid);

        await WarmUp(cluster, load);
        var leaders = await CreateTopic(cluster, Topic, load.Partitions);
        if (load is ReadLoad read) await Prepare(cluster, read, sampler, ground);
        if (load is ProduceLoad { BacklogBytes: > 0 } produce) await PrepareBacklog(cluster, produce.Backlog);
        cap?.Enforce();

        await using var beside = new Beside(_setup, Path.Combine(_logFolder, "beside"));
        if (load.Beside != Antagonist.None) await beside.Start(load.Beside);

        await using var faults = new FaultInjector(new FaultScene(cluster, ground, sampler, Topic), cell.Faults.Draw(Seed), _observer.Step, _stop);
        _faultsSoFar = () => faults.Records;
        var history = load is ProduceLoad && load.History != HistoryUse.None ? Path.Combine(_logFolder, "history.jsonl") : null;
        var job = Survive(load).Job(Addresses(cluster), Topic, cell.Schedule, Seed) with { HistoryFile = history };
        var report = UsesTools ? await LetToolsWork(cluster, job, sampler, beside, faults) : await Work(cluster, job, sampler, beside, faults);
        faults.End();
        await faults.Done;
        (_extras.Faults, _extras.MissedFaults) = (faults.Records, faults.Missed);
        if (history is not null && load.History == HistoryUse.Check && report.History is { IsProven: true }) File.Delete(history);
        var replicas = history is not null && cell.Cluster.Replication > 1 ? await BeginReplicaCheck(cluster) : null;

        await ReadExtras(load, beside);
        _extras.Runtimes = await sampler.StopRuntimes();
        _observer.Step("stopping the nodes");
        var killed = await cluster.Stop();
        if (killed.Count > 0) throw new RunFailedException($"node {string.Join(", ", killed)} did not stop when asked and was killed");
        if (replicas is not null) _extras.ReplicaDifferences = await Task.Run(replicas.Differences, _stop);
        if (_begin is null || _end is null)
            throw new RunFailedException("the load never reached its measured time: " + string.Join("; ", report.Problems.DefaultIfEmpty("no reason given")));

        return new Measurement(_run, cell.Cluster.System, _started, cluster.Nodes[0].Settings, leaders, report, _begin, _end, sampler.Samples, _extras);
    }

    private bool UsesTools => _run.Cell.Load is ProduceLoad { Generator: LoadGenerator.KafkaTools };

    private HostPlaces? PlacesOnHosts() => _run.Cell.Cluster.Hosts is { } inventory
        ? new HostPlaces(inventory, _setup.Hosts!.To(inventory), Path.GetFileName(_setup.WorkFolder), _name, _setup.KeepData)
        : null;

    // What the kernel says of a node that was put on CPUs, and the host of one that is on one, beside what the node says of itself.
    private Dictionary<string, string> SettingsOf(Node node)
    {
        var settings = new Dictionary<string, string>(node.Settings);
        if (_run.Cell.Cluster.Cpus is not null && CpuList.AllowedTo(node.Process.Pid) is { } cpus) settings["harness.cpus"] = cpus;
        if (node.Process.Host.Name is { } host) settings["harness.host"] = $"{host} ({node.Place.Host})";
        return settings;
    }

    private async Task<ReplicaCheck?> BeginReplicaCheck(Cluster cluster)
    {
        // There are no files, or none here.
        if (_run.Cell.Cluster.Hosts is not null || _run.Cell.Cluster.Strategies.GetValueOrDefault("write", "").StartsWith("memory", StringComparison.Ordinal)) return null;

        _observer.Step("waiting for replicas to be in sync");
        try
        {
            return await Task.Run(() => ReplicaCheck.Begin(cluster, Topic, TopicPatience, _stop), _stop);
        }
        catch (LoadException problem)
        {
            _extras.ReplicaDifferences = ["the replicas could not be compared: " + problem.Message];
            return null;
        }
    }

    /// <summary>Gives the nodes' runtime the time under load that it needs, and notes how that went beside their settings.</summary>
    private async Task WarmUp(Cluster cluster, BrokerLoad load)
    {
        if (_run.Cell.Cluster.Warmup is not { } time || time == TimeSpan.Zero) return;

        var told = await NodeWarmup.Run(time, topic => NodeWarmup.JobOf(load, Addresses(cluster), topic, _run.Cell.Schedule, Seed), async (topic, job) =>
        {
            await CreateTopic(cluster, topic, load.Partitions, _setup.System.ShortLivedTopic(_run.Cell.Cluster));
            _observer.Step($"warming the nodes up on {topic}");
            var report = await Work(cluster, job, sampler: null);
            await Task.Run(() => DeleteTopic(cluster, topic), _stop);
            return report;
        });
        Configurations = [.. Configurations.Select(node => node with { Settings = new Dictionary<string, string>(node.Settings) { ["harness.warmup"] = told } })];
    }

    private static void DeleteTopic(Cluster cluster, string topic)
    {
        using var admin = new AdminClient(Addresses(cluster), AdminTimeout);
        admin.DeleteTopic(topic);
    }

    /// <summary>Creates a topic and waits until every replica is in sync.</summary>
    /// <returns>The nodes that lead its partitions.</returns>
    private Task<HashSet<int>> CreateTopic(Cluster cluster, string topic, int partitions, IReadOnlyDictionary<string, string>? settings = null) => Task.Run(() =>
    {
        _observer.Step($"creating topic {topic}");
        using var admin = new AdminClient(Addresses(cluster), AdminTimeout);
        admin.CreateTopic(topic, partitions, (short)_run.Cell.Cluster.Replication, settings);
        admin.WaitUntilReady(topic, TopicPatience, _stop);
        return admin.DescribeTopic(topic).Partitions.Select(partition => partition.LeaderId).ToHashSet();
    }, _stop);

    /// <summary>Fills the topic, writes it back, and sees to it that the page cache is what the plan says.</summary>
    private async Task Prepare(Cluster cluster, ReadLoad read, Sampler sampler, NodeGround ground)
    {
        _observer.Step("filling the topic");
        ThrowIfFailed(await Work(cluster, read.Fill(Addresses(cluster), Topic, read.FillBytes, Seed), sampler: null));
        if (read.PageCache == PageCache.Cold)
        {
            await CreateTopic(cluster, WarmupTopic, read.Partitions);
            ThrowIfFailed(await Work(cluster, read.Fill(Addresses(cluster), WarmupTopic, WarmupFillBytes, Seed), sampler: null));
        }

        _observer.Step("writing it back");
        await Task.Run(() => DataFiles.Flush(_dataFolder), _stop);
        await ground.WriteBack(_stop);
        if (read.Restart != RestartKind.None)
        {
            await Restart(cluster, read, sampler);
            return;
        }

        if (read.PageCache == PageCache.Hot) return;

        _observer.Step("warming up on another topic");
        await Work(cluster, read.WarmUp(Addresses(cluster), WarmupTopic, _run.Cell.Schedule.Warmup, Seed), sampler: null);

        _observer.Step("dropping the page cache");
        await Task.Run(() => ColdCache.Make(_dataFolder, read.FillBytes), _stop);
    }

    private static void ThrowIfFailed(LoadReport report)
    {
        if (report.Failed) throw new RunFailedException("the topic could not be filled: " + string.Join("; ", report.Problems));
    }

    /// <summary>Ends the node, starts it again, and asks for a record the moment it takes requests.</summary>
    private async Task Restart(Cluster cluster, ReadLoad read, Sampler sampler)
    {
        _observer.Step("restarting the node");
        foreach (var node in cluster.Nodes.ToList())
        {
            if (read.Restart == RestartKind.Kill) await cluster.Kill(node.Id);
            else if (!await cluster.Stop(node.Id)) throw new RunFailedException($"node {node.Id} did not stop when asked");
        }

        if (read.PageCache == PageCache.Cold) await Task.Run(() => ColdCache.Make(_dataFolder, read.FillBytes), _stop);
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(cluster.Nodes.ToList().Select(node => cluster.Restart(node.Id, _stop)));
        _extras.ReadyMs = clock.Elapsed.TotalMilliseconds;
        await Task.Run(() => FirstFetch.Of(cluster.Nodes[0].Endpoint, Topic, AdminTimeout), _stop);
        _extras.FirstFetchMs = clock.Elapsed.TotalMilliseconds;
        foreach (var node in cluster.Nodes) sampler.WatchNode(Measurement.NodeName(node.Id), node.Process);
    }

    private async Task PrepareBacklog(Cluster cluster, ReadLoad backlog)
    {
        _observer.Step("filling the backlog");
        await CreateTopic(cluster, BacklogTopic, backlog.Partitions);
        ThrowIfFailed(await Work(cluster, backlog.Fill(Addresses(cluster), BacklogTopic, backlog.FillBytes, Seed), sampler: null));
        await Task.Run(() => DataFiles.Flush(_dataFolder), _stop);
        await Task.Run(() => ColdCache.Make(_dataFolder, backlog.FillBytes), _stop);
        _backlogJob = backlog.Job(Addresses(cluster), BacklogTopic, _run.Cell.Schedule, Seed);
    }

    /// <summary>Notes what only shows at the end of the measured time.</summary>
    private async Task ReadExtras(BrokerLoad load, Beside beside)
    {
        _extras.CachedFileBytes = _cachedFileBytes;
        _extras.LoopbackLimit = _setup.LoopbackLimit;
        _extras.CallsPerSecond = beside.CallsPerSecond;
        if (load is ProduceLoad { BacklogBytes: > 0 }) _extras.BesideBytesPerSecond = await beside.ReadBytesPerSecond();
    }

    /// <summary>Lets a worker do its job beside the cluster. With a sampler its measured time is marked to the moment.</summary>
    private async Task<LoadReport> Work(Cluster cluster, LoadSpec spec, Sampler? sampler, Beside? beside = null, FaultInjector? faults = null)
    {
        var program = _setup.Worker.OnCpus(((BrokerLoad)_run.Cell.Load).Cpus);
        await using var worker = await WorkerProcess.Start(program, LoadJson.Write(spec), Path.Combine(_logFolder, "worker.log"), line => Follow(line, sampler, beside, faults));
        sampler?.Watch(Measurement.WorkerName, worker.Pid);

        return await WatchOver(cluster, worker.Report(), faults);
    }

    /// <summary>Lets Kafka's tools do the job of a worker: one sends, and what was acknowledged is counted as it is read back.</summary>
    private async Task<LoadReport> LetToolsWork(Cluster cluster, LoadSpec spec, Sampler sampler, Beside beside, FaultInjector faults)
    {
        var cpus = ((BrokerLoad)_run.Cell.Load).Cpus;
        _observer.Step("warming up");
        await using var load = new KafkaToolsLoad(_setup.Tools, spec, cpus, _logFolder, line => Follow(line, sampler, beside, faults));
        sampler.Watch(Measurement.WorkerName, load.Pid);
        var report = await WatchOver(cluster, load.Report(), faults);
        _extras.ToolLatency = load.Latency;
        await faults.Done; // put right, so that all can be read

        _observer.Step("reading back");
        var acked = report.Produce!.Totals.Acked;
        var read = _setup.System.ServesGroups(_run.Cell.Cluster)
            ? await ReadWithTool(cluster, _setup.Tools.ConsumerCommand(spec, acked, cpus, _logFolder))
            : await ReadWithWorker(cluster, spec);
        _extras.ReadBackPerSecond = read.PerSecond;
        var lost = Math.Max(0, acked - read.Records);
        var verification = new Verification
        {
            Sound = lost == 0,
            Reasons = lost == 0 ? [] : [$"{lost} records were acknowledged and not read back"],
            Against = "count",
            Acked = acked,
            Read = read.Records,
            Lost = lost,
        };
        return report with { Verification = verification };
    }

    private async Task<PerfRead> ReadWithTool(Cluster cluster, NodeCommand command)
    {
        PerfRead? read = null;
        await using var reader = NodeProcess.Start(command, line =>
        {
            read = PerfRead.Parse(line) ?? read;
            return false; // the log has all of it
        });
        await WatchOver(cluster, EndOf(reader), faults: null);
        return read
            ?? throw new NodeFailedException($"{command.Name} ended with exit code {reader.ExitCode} and without its totals:\n{reader.LogTail}");

        static async Task<bool> EndOf(NodeProcess process)
        {
            await process.Exited;
            return true;
        }
    }

    private async Task<PerfRead> ReadWithWorker(Cluster cluster, LoadSpec spec)
    {
        var report = await Work(cluster, spec with { Produce = null, Consume = spec.Consume! with { When = ConsumeWhen.Only } }, sampler: null);
        if (report.Consume is not { } read || report.Failed)
            throw new RunFailedException(string.Join("; ", report.Problems.Concat(report.Verification?.Reasons ?? []).Prepend("the records could not be read back")));

        return new PerfRead(read.Records, read.RecordsPerSecond);
    }

    private async Task<T> WatchOver<T>(Cluster cluster, Task<T> work, FaultInjector? faults)
    {
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, Task.Delay(LookInterval, _stop));
            _stop.ThrowIfCancellationRequested();
            cluster.ThrowIfOneEnded();
            if (faults is { Done.IsFaulted: true }) await faults.Done;
            if (DataVolume.FreeBytes(_setup.WorkFolder) < DiskBudget.ReserveBytes / 2)
                throw new RunFailedException($"less than {DiskBudget.ReserveBytes / 2:N0} bytes are left on the disk: stopped before it is full");
        }

        return await work;
    }

    private void Follow(LoadLine line, Sampler? sampler, Beside? beside, FaultInjector? faults)
    {
        switch (line)
        {
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.Start } when sampler is not null:
                _begin = sampler.Take();
                _observer.Step("measuring");
                faults?.Begin(((PhaseLine)line).Nanoseconds);
                _others = OtherProcesses.Read();
                if (_backlogJob is not null) beside?.Read(_backlogJob);
                if (((BrokerLoad)_run.Cell.Load).CountCalls) beside?.CountCalls(sampler.ProcessIds(name => name != Measurement.WorkerName));
                break;
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.End } when sampler is not null:
                _end = sampler.Take();
                _extras.Others = OtherProcesses.Read().Since(_others!);
                faults?.End();
                beside?.StopCounting();
                _extras.OpenFiles = _run.Cell.Cluster.Hosts is null ? OpenFiles.Of(sampler.ProcessIds(name => name != Measurement.WorkerName)) : null;
                _cachedFileBytes = _run.Cell.Cluster.Hosts is null ? PageCacheResidency.Of(_dataFolder, "*.log") : null;
                break;
            case PhaseLine { Edge: PhaseEdge.Start } phase when sampler is not null:
                _observer.Step(phase.Phase switch { "warmup" => "warming up", "drain" => "draining", "read" => "reading back", var other => other });
                break;
            case SecondLine second when sampler is not null:
                _observer.Second(second.Second);
                break;
        }
    }

    // A client that ends with the first lost connection would say nothing of what comes after a fault.
    private BrokerLoad Survive(BrokerLoad load) => !_run.Cell.Faults.IsEmpty && load.Retries is null ? load with { Retries = int.MaxValue } : load;

    // The same records and arrivals for all cells of a repeat: what differs is what is varied.
    private ulong Seed => (ulong)_seed * 1000 + (ulong)_run.Repeat;

    private static IReadOnlyList<string> Addresses(Cluster cluster) => [.. cluster.Nodes.Select(node => node.Endpoint)];
}
