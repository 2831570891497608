using Harness.Files;
using Harness.Load;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs.Limits;

namespace Harness.Runs;

/// <summary>One run of a cell that measures files: a worker process and nothing beside it.</summary>
internal sealed class FileRun(RunSetup setup, ScheduledRun run, int seed, IRunObserver observer, CancellationToken stop) : IRun
{
    /// <summary>What rows call the system.</summary>
    private const string SystemName = "files";

    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly string _name = $"{run.Cell.Facts.Id}-{run.Repeat}";
    private Sample? _begin;
    private Sample? _end;
    private OtherProcesses? _othersBefore;
    private IReadOnlyList<OtherProcess> _others = [];

    public IReadOnlyList<NodeConfiguration> Configurations => [];

    private FileWork Work => ((FileLoad)run.Cell.Load).Work;

    public async Task<RunOutcome> Measure()
    {
        var folder = Directory.CreateDirectory(Path.Combine(setup.WorkFolder, _name)).FullName;
        try
        {
            await using var sampler = new Sampler(setup.Device);
            var report = await LetWork(folder, sampler);
            return _begin is null || _end is null
                ? new RunOutcome(Failed("the work never reached its measured time: " + string.Join("; ", report.Problems.DefaultIfEmpty("no reason given"))), null, [])
                : new RunOutcome(Row(report, _begin, _end, sampler.Samples), report.Latency, Timeline(report));
        }
        catch (Exception error) when (error is NodeFailedException or RunFailedException or IOException)
        {
            stop.ThrowIfCancellationRequested();
            return new RunOutcome(Failed(error.Message), null, []);
        }
        finally
        {
            if (!setup.KeepData) Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<FileReport> LetWork(string folder, Sampler sampler)
    {
        observer.Step(Work.UsesFiles ? "making files" : "starting");
        var spec = new FileSpec
        {
            Folder = folder,
            Work = Work,
            Warmup = run.Cell.Schedule.Warmup,
            Duration = run.Cell.Schedule.Measure,
            Seed = (ulong)seed * 1000 + (ulong)run.Repeat,
        };
        await using var worker = await WorkerProcess.Start(setup.FileWorker, LoadJson.Write(spec), Path.Combine(setup.LogFolder, _name, "worker.log"), line => Follow(line, sampler));
        sampler.Watch(Measurement.WorkerName, worker.Pid);
        return await worker.FileReport().WaitAsync(stop);
    }

    private void Follow(LoadLine line, Sampler sampler)
    {
        switch (line)
        {
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.Start }:
                _begin = sampler.Take();
                _othersBefore = OtherProcesses.Read();
                observer.Step("measuring");
                break;
            case PhaseLine { Phase: "measure", Edge: PhaseEdge.End }:
                _end = sampler.Take();
                _others = OtherProcesses.Read().Since(_othersBefore!);
                break;
            case SecondLine second:
                observer.Second(second.Second);
                break;
        }
    }

    private RunRow Row(FileReport report, Sample begin, Sample end, IReadOnlyList<Sample> samples)
    {
        var machine = end.Machine.Since(begin.Machine);
        var within = samples.Where(sample => sample.Timestamp >= begin.Timestamp && sample.Timestamp <= end.Timestamp).ToList();
        var row = Empty() with
        {
            MeasuredSeconds = report.Seconds,
            AchievedPerSecond = report.Operations / report.Seconds,
            GoodputBytes = report.Bytes,
            Acked = report.Operations,
            Processes = [Use(begin, end, within, report.Seconds)],
            StealSeconds = machine.StealTime.TotalSeconds,
            DirtyMaxBytes = within.Max(sample => sample.Machine.DirtyBytes + sample.Machine.WritebackBytes),
            DiskReadBytes = machine.DiskReadBytes,
            DiskWriteBytes = machine.DiskWriteBytes,
            Sound = report.Problems.Count == 0 && report.Operations > 0,
            Reason = report.Operations > 0 ? string.Join("; ", report.Problems) : string.Join("; ", report.Problems.DefaultIfEmpty("nothing was done in the measured time")),
        };
        var facts = new SampledLimit(begin, end, _others).Facts(row, _ => ProcessRole.Files);
        var limit = LimitJudge.Judge(facts);
        return row.WithLatency(report.Latency) with { HarnessCores = facts.HarnessCores, Bottleneck = limit.Name, BottleneckEvidence = limit.Evidence, LimitWarning = limit.Warning };
    }

    private static ProcessUse Use(Sample begin, Sample end, List<Sample> within, double seconds)
    {
        // It is watched from the moment it starts; only a machine without time loses its first sample.
        var used = end.Processes.GetValueOrDefault(Measurement.WorkerName).Since(begin.Processes.GetValueOrDefault(Measurement.WorkerName));
        return new ProcessUse
        {
            Role = ProcessRole.Files,
            CpuSeconds = used.CpuTime.TotalSeconds,
            Cores = used.CpuTime.TotalSeconds / seconds,
            ContextSwitches = used.VoluntarySwitches + used.InvoluntarySwitches,
            ReadBytes = used.DiskReadBytes,
            WriteBytes = used.DiskWriteBytes,
            ReadCalls = used.ReadCalls,
            WriteCalls = used.WriteCalls,
            MajorFaults = used.MajorFaults,
            RssMaxBytes = within.Select(sample => sample.Processes.GetValueOrDefault(Measurement.WorkerName).ResidentBytes).DefaultIfEmpty().Max(),
        };
    }

    private static IReadOnlyList<TimelinePoint> Timeline(FileReport report)
    {
        var warmup = report.Timeline.Count(second => !second.Measured);
        return [.. report.Timeline.Select(second => new TimelinePoint { Second = second.Second + 1 - warmup, AchievedPerSecond = second.ReadRecords })];
    }

    private RunRow Failed(string reason) => Empty() with { Sound = false, Reason = reason };

    private RunRow Empty() => new()
    {
        Cell = run.Cell.Facts.Id,
        Label = run.Cell.Facts.Label,
        Repeat = run.Repeat,
        Axes = run.Cell.Facts.Values,
        System = SystemName,
        Durability = Work.Action != FileAction.Write ? "nothing is written"
            : Work.SyncEveryBytes == 0 ? "no broker, never made durable"
            : $"no broker, fdatasync every {Engine.Core.Strategies.Quantity.FormatBytes(Work.SyncEveryBytes)} of a file",
        Started = _started,
        MeasuredSeconds = 0,
        Sound = true,
    };
}
