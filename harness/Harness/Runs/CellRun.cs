using Harness.Load;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Systems;

namespace Harness.Runs;

/// <summary>One run of one cell, told from the start of its processes to the end of the last.</summary>
internal sealed class CellRun : IRun
{
    private const string Topic = "load";
    private const string WarmupTopic = "warmup";

    /// <summary>Read before a cold measurement, so that the node's code is warm although its pages are not.</summary>
    private const long WarmupFillBytes = 256 << 20;

    /// <summary>How much of the files may still be cached after they were dropped; the node has its newest pages in use.</summary>
    private const double ColdTolerance = 0.1;

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

    private Sample? _begin;
    private Sample? _end;

    public CellRun(RunSetup setup, ScheduledRun run, int seed, IRunObserver observer, CancellationToken stop)
    {
        _setup = setup;
        _run = run;
        _seed = seed;
        _observer = observer;
        _stop = stop;
        _name = $"{run.Cell.Facts.Id}-{run.Repeat}";
        _dataFolder = Path.Combine(setup.WorkFolder, _name);
        _logFolder = Path.Combine(setup.LogFolder, _name);
    }

    /// <inheritdoc/>
    public IReadOnlyList<NodeConfiguration> Configurations { get; private set; } = [];

    /// <inheritdoc/>
    public async Task<(RunRow Row, Histogram? Latency, IReadOnlyList<TimelinePoint> Timeline)> Measure()
    {
        try
        {
            var measurement = await MeasureOnCluster();
            return (measurement.Row(), measurement.Latency, measurement.Timeline());
        }
        catch (Exception error) when (error is NodeFailedException or RunFailedException or LoadException or IOException)
        {
            // Ctrl-C on a terminal reaches the nodes as well: their end is then the stop itself, not a failure.
            await Task.Delay(TimeSpan.FromMilliseconds(200), CancellationToken.None);
            _stop.ThrowIfCancellationRequested();
            var settings = Configurations.Count > 0 ? Configurations[0].Settings : new Dictionary<string, string>();
            return (Measurement.Failed(_run, _setup.System.Name, _started, settings, error.Message), null, []);
        }
        finally
        {
            if (!_setup.KeepData && Directory.Exists(_dataFolder)) Directory.Delete(_dataFolder, recursive: true);
        }
    }

    private async Task<Measurement> MeasureOnCluster()
    {
        var cell = _run.Cell;
        _observer.Step($"starting {cell.Cluster.Nodes} node{(cell.Cluster.Nodes == 1 ? "" : "s")}");
        await using var cluster = await Cluster.Start(_setup.System, cell.Cluster, _dataFolder, _logFolder, firstPort: 0, _stop);
        Configurations = [.. cluster.Nodes.Select(node => new NodeConfiguration(cell.Facts.Id, node.Id, node.Settings))];

        await using var sampler = new Sampler(_setup.Device);
        foreach (var node in cluster.Nodes) sampler.Watch(Measurement.NodeName(node.Id), node.Process.Pid);

        var load = (BrokerLoad)cell.Load;
        var leaders = await CreateTopic(cluster, Topic, load.Partitions);
        if (load is ReadLoad read) await Prepare(cluster, read);

        var report = await Work(cluster, load.Job(Addresses(cluster), Topic, cell.Schedule, Seed), sampler);

        _observer.Step("stopping the nodes");
        var killed = await cluster.Stop();
        if (killed.Count > 0) throw new RunFailedException($"node {string.Join(", ", killed)} did not stop when asked and was killed");
        if (_begin is null || _end is null)
            throw new RunFailedException("the load never reached its measured time: " + string.Join("; ", report.Problems.DefaultIfEmpty("no reason given")));

        return new Measurement(_run, _setup.System.Name, _started, cluster.Nodes[0].Settings, leaders, report, _begin, _end, sampler.Samples);
    }

    /// <summary>Creates a topic and waits until every replica is in sync.</summary>
    /// <returns>The nodes that lead its partitions.</returns>
    private Task<HashSet<int>> CreateTopic(Cluster cluster, string topic, int partitions) => Task.Run(() =>
    {
        _observer.Step($"creating topic {topic}");
        using var admin = new AdminClient(Addresses(cluster), AdminTimeout);
        admin.CreateTopic(topic, partitions, (short)_run.Cell.Cluster.Replication);
        admin.WaitUntilReady(topic, TopicPatience, _stop);
        return admin.DescribeTopic(topic).Partitions.Select(partition => partition.LeaderId).ToHashSet();
    }, _stop);

    /// <summary>Fills the topic, writes it back, and sees to it that the page cache is what the plan says.</summary>
    private async Task Prepare(Cluster cluster, ReadLoad read)
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
        if (read.PageCache == PageCache.Hot) return;

        _observer.Step("warming up on another topic");
        await Work(cluster, read.WarmUp(Addresses(cluster), WarmupTopic, _run.Cell.Schedule.Warmup, Seed), sampler: null);

        _observer.Step("dropping the page cache");
        await Task.Run(DropPageCache, _stop);
    }

    private static void ThrowIfFailed(LoadReport report)
    {
        if (report.Failed) throw new RunFailedException("the topic could not be filled: " + string.Join("; ", report.Problems));
    }

    private void DropPageCache()
    {
        var before = MachineCounters.Read(null).CachedBytes;
        DataFiles.Drop(_dataFolder);
        var dropped = before - MachineCounters.Read(null).CachedBytes;
        var read = (ReadLoad)_run.Cell.Load;
        if (dropped < read.FillBytes * (1 - ColdTolerance))
            throw new RunFailedException($"only {dropped:N0} of {read.FillBytes:N0} bytes left the page cache: the run would not be cold");
    }

    /// <summary>Lets a worker do its job beside the cluster. With a sampler its measured time is marked to the moment.</summary>
    private async Task<LoadReport> Work(Cluster cluster, LoadSpec spec, Sampler? sampler)
    {
        await using var worker = await WorkerProcess.Start(_setup.Worker, LoadJson.Write(spec), Path.Combine(_logFolder, "worker.log"), line => Follow(line, sampler));
        sampler?.Watch(Measurement.WorkerName, worker.Pid);

        var report = worker.Report();
        while (!report.IsCompleted)
        {
            await Task.WhenAny(report, Task.Delay(LookInterval, _stop));
            _stop.ThrowIfCancellationRequested();
            cluster.ThrowIfOneEnded();
            if (DataVolume.FreeBytes(_setup.WorkFolder) < DiskBudget.ReserveBytes / 2)
                throw new RunFailedException($"less than {DiskBudget.ReserveBytes / 2:N0} bytes are left on the disk: stopped before it is full");
        }

        return await report;
    }

    private void Follow(LoadLine line, Sampler? sampler)
    {
        switch (line)
        {
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.Start } when sampler is not null:
                _begin = sampler.Take();
                _observer.Step("measuring");
                break;
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.End } when sampler is not null:
                _end = sampler.Take();
                break;
            case PhaseLine { Edge: PhaseEdge.Start } phase when sampler is not null:
                _observer.Step(phase.Phase switch { "warmup" => "warming up", "drain" => "draining", "read" => "reading back", var other => other });
                break;
            case SecondLine second when sampler is not null:
                _observer.Second(second.Second);
                break;
        }
    }

    // The same records and arrivals for all cells of a repeat: what differs is what is varied.
    private ulong Seed => (ulong)_seed * 1000 + (ulong)_run.Repeat;

    private static IReadOnlyList<string> Addresses(Cluster cluster) => [.. cluster.Nodes.Select(node => node.Endpoint)];
}
