using System.Diagnostics;
using Harness.Faults;
using Harness.Load;
using Harness.Measures;
using Harness.Plans;
using Harness.Results;
using Harness.Runs.Limits;
using Harness.Systems.Kafka;

namespace Harness.Runs;

/// <summary>Everything one run gave, made into a row of the result.</summary>
/// <param name="Run">What was measured.</param>
/// <param name="System">The system's name.</param>
/// <param name="Started">When.</param>
/// <param name="Settings">The settings a node ran with, as it told itself.</param>
/// <param name="Leaders">The nodes that lead partitions of the topic.</param>
/// <param name="Report">What the load worker saw.</param>
/// <param name="Begin">The sample at the start of the measured time.</param>
/// <param name="End">The sample at its end.</param>
/// <param name="Samples">All samples of the run.</param>
/// <param name="Extras">What only some plans ask for.</param>
internal sealed record Measurement(
    ScheduledRun Run, string System, DateTimeOffset Started, IReadOnlyDictionary<string, string> Settings, IReadOnlySet<int> Leaders,
    LoadReport Report, Sample Begin, Sample End, IReadOnlyList<Sample> Samples, RunExtras Extras)
{
    public const string WorkerName = "worker";

    private const double TenthNanoseconds = 1e8;

    /// <summary>A share of the measured time that the samples marking it may be late, before what lies between them means nothing.</summary>
    private const double LateShare = 0.1;

    /// <summary>The same in seconds for a load that is through in no time: a message between processes may take as long.</summary>
    private const double LateSeconds = 0.05;

    /// <summary>A node's process: each start is one of its own, whose counters begin at zero.</summary>
    public static string NodeName(int id, int start = 1) => start == 1 ? $"node-{id}" : $"node-{id}#{start}";

    /// <summary>Latencies from the intended send time; null for a load that only reads, and for a tool's, which tells percentiles alone.</summary>
    public Histogram? Latency => Extras.ToolLatency is null ? Report.Produce?.Latency : null;

    public RunRow Row()
    {
        var machines = End.MachinesSince(Begin);
        var seconds = Report.Phases.First(phase => phase.Name == "measure").Duration.TotalSeconds;
        var reasons = Problems().Distinct().ToList();
        reasons.AddRange(Extras.ReplicaDifferences ?? []);
        reasons.AddRange(Extras.MissedFaults.Select(step => $"the fault {step.Text} never took place: the measured time was over"));
        if (AfterFaults() is { Resumed: null, WithinMeasure: true }) reasons.Add("nothing was acknowledged once the faults were over");
        if (Math.Abs(End.Since(Begin).TotalSeconds - seconds) > Math.Max(LateShare * seconds, LateSeconds))
            reasons.Add($"the counters were read over {End.Since(Begin).TotalSeconds:0.00} s instead of {seconds:0.00} s: the machine had no time for the harness");
        var row = Empty(Run, System, Started, Settings) with
        {
            MeasuredSeconds = seconds,
            Processes = [.. Uses()],
            StealSeconds = machines.Sum(machine => machine.StealTime.TotalSeconds),
            DirtyMaxBytes = Within().Max(sample => sample.UnwrittenBytes),
            DiskReadBytes = machines.Sum(machine => machine.DiskReadBytes),
            DiskWriteBytes = machines.Sum(machine => machine.DiskWriteBytes),
            // Nodes with a network of their own talk over its bridge, those on hosts over theirs.
            LoopbackBytes = Run.Cell.Needs.HasFlag(FaultNeeds.Network) || Run.Cell.Cluster.Hosts is not null ? null : machines[0].LoopbackBytes,
            CachedFileBytes = Extras.CachedFileBytes,
            OpenFiles = Extras.OpenFiles,
            BrokerCallsPerSecond = Extras.CallsPerSecond,
            BesideBytesPerSecond = Extras.BesideBytesPerSecond,
            ReadyMs = Extras.ReadyMs,
            FirstFetchMs = Extras.FirstFetchMs,
            ResumedMs = AfterFaults()?.Resumed?.TotalMilliseconds,
            ReplicaDifferences = Extras.ReplicaDifferences?.Count,
            Missing = string.Join("; ", Extras.Runtimes.Where(runtime => runtime.Value.Problem is not null).Select(runtime => $"{runtime.Key}: {runtime.Value.Problem}")),
            Sound = reasons.Count == 0,
            Reason = string.Join("; ", reasons),
        };
        row = Report.Produce is { } produce ? WithProduced(row, produce) : Report.Consume is { } consume ? WithConsumed(row, consume) : row;
        if (Extras.ToolLatency is { } told) row = WithTold(row, told);
        var facts = Facts(row);
        var limit = LimitJudge.Judge(facts);
        return row with { HarnessCores = facts.HarnessCores, Bottleneck = limit.Name, BottleneckEvidence = limit.Evidence, LimitWarning = limit.Warning };
    }

    /// <summary>The run second by second, warm-up included.</summary>
    public IReadOnlyList<TimelinePoint> Timeline()
    {
        var warmup = Report.Timeline.Count(second => !second.Measured && second.Second < FirstMeasured());
        var origin = Report.Phases.Count > 0 ? Report.Phases[0].StartNanoseconds : 0;
        return [.. Report.Timeline.Select(second =>
        {
            var from = At(origin + second.Second * 1_000_000_000L);
            var to = At(origin + (second.Second + 1) * 1_000_000_000L);
            return new TimelinePoint
            {
                Second = second.Second + 1 - warmup,
                OfferedPerSecond = Report.Produce?.OfferedRecordsPerSecond is null ? null : second.OfferedRecords,
                AchievedPerSecond = Report.Produce is null ? second.ReadRecords : second.AckedRecords,
                FailedPerSecond = second.FailedRecords,
                P50Ms = second.P50?.TotalMilliseconds,
                P99Ms = second.P99?.TotalMilliseconds,
                MaxMs = second.Max?.TotalMilliseconds,
                BrokerCores = Cores(from, to, name => name != WorkerName),
                GeneratorCores = Cores(from, to, name => name == WorkerName),
                StealCores = from is null || to is null || from == to ? null : to.MachinesSince(from).Sum(machine => machine.StealTime.TotalSeconds) / to.Since(from).TotalSeconds,
                DirtyBytes = to is null ? null : to.Hosts.Values.Append(to.Machine).Sum(machine => machine.DirtyBytes),
            };
        })];
    }

    /// <summary>Acknowledgements, or what readers read where nothing is sent, by tenths of a second.</summary>
    public IReadOnlyList<AckPoint> Acks()
    {
        if ((Report.Produce is { } produce ? produce.Acks : Report.Consume?.Pulse) is not { } pulse || Report.Phases.FirstOrDefault(phase => phase.Name == "measure") is not { } measure) return [];

        // Cut such that one begins where measuring does.
        var tenths = pulse.Records.Zip(pulse.Worst)
            .Select((interval, i) => (Tenth: (int)Math.Floor((pulse.StartNanoseconds + i * pulse.IntervalNanoseconds - measure.StartNanoseconds) / TenthNanoseconds), Interval: interval))
            .GroupBy(interval => interval.Tenth)
            .ToDictionary(tenth => tenth.Key, tenth => (Records: tenth.Sum(part => part.Interval.First), Worst: tenth.Max(part => part.Interval.Second)));
        if (tenths.Count == 0) return [];

        var last = Math.Max(tenths.Keys.Max(), (int)Math.Ceiling((measure.EndNanoseconds - measure.StartNanoseconds) / TenthNanoseconds) - 1);
        return [.. Enumerable.Range(tenths.Keys.Min(), last - tenths.Keys.Min() + 1).Select(tenth => new AckPoint
        {
            Second = (tenth + 1) / 10.0,
            AckedPerSecond = tenths.GetValueOrDefault(tenth).Records * 10,
            WorstMs = tenths.GetValueOrDefault(tenth) is { Records: > 0 } present ? present.Worst / 1e6 : null,
        })];
    }

    /// <summary>The row of a run that gave nothing.</summary>
    public static RunRow Failed(ScheduledRun run, string system, DateTimeOffset started, IReadOnlyDictionary<string, string> settings, string reason) =>
        Empty(run, system, started, settings) with { Sound = false, Reason = reason };

    private static RunRow Empty(ScheduledRun run, string system, DateTimeOffset started, IReadOnlyDictionary<string, string> settings) => new()
    {
        Cell = run.Cell.Facts.Id,
        Label = run.Cell.Facts.Label,
        Repeat = run.Repeat,
        Axes = run.Cell.Facts.Values,
        System = system,
        Durability = Durability(run.Cell, settings),
        Security = run.Cell.Cluster.Tls is not ClientTls.None and var tls ? settings.GetValueOrDefault("ssl.enabled.protocols", tls.Version()) : "",
        Started = started,
        MeasuredSeconds = 0,
        Sound = true,
    };

    private IEnumerable<string> Problems()
    {
        var all = Report.Problems.Concat(Report.Verification?.Reasons ?? []);
        var loses = Report.Verification is { Lost: > 0 } || Report.History is { Lost: > 0 };
        return Run.Cell.CountsLoss && loses ? all.Except(Report.History?.ReasonsOfLoss() ?? []).Except(Report.Verification?.ReasonsOfLoss ?? []) : all;
    }

    /// <summary>From the end of the last fault to the first acknowledgement, null when none came; null as a whole without faults that ended.</summary>
    private (TimeSpan? Resumed, bool WithinMeasure)? AfterFaults()
    {
        if (Report.Produce?.Acks is not { } acks || Extras.Faults.Count == 0 || Extras.Faults.Any(fault => fault.HealedSecond is null)) return null;

        var measure = Report.Phases.First(phase => phase.Name == "measure");
        var healed = measure.StartNanoseconds + (long)(Extras.Faults.Max(fault => fault.HealedSecond!.Value) * Clock.Second);
        return (acks.FirstAfter(healed), healed < measure.EndNanoseconds);
    }

    private static string Durability(Cell cell, IReadOnlyDictionary<string, string> settings)
    {
        var send = ((BrokerLoad)cell.Load).Send;
        var cluster = cell.Cluster;
        var rule = settings.GetValueOrDefault("acks") ?? cluster.Strategies.GetValueOrDefault("acks", "all");
        var acks = send.Acks >= 0 ? $"{send.Acks}" : rule == "all" ? rule : $"all ({rule})";
        var flush = settings.GetValueOrDefault("flush") ?? cluster.Strategies.GetValueOrDefault("flush", "unknown");
        return $"acks={acks}, RF {cluster.Replication}, min in-sync {cluster.MinInSync}, flush {flush}{(InMemory(cluster) ? ", in memory" : "")}";
    }

    private static bool InMemory(ClusterPlan cluster) =>
        cluster.Data == DataPlace.Tmpfs || cluster.Strategies.GetValueOrDefault("write", "").StartsWith("memory", StringComparison.Ordinal);

    private RunRow WithProduced(RunRow row, ProduceReport produce) => row with
    {
        Generator = GeneratorName.Testbed,
        OfferedPerSecond = produce.OfferedRecordsPerSecond,
        AchievedPerSecond = produce.AckedRecordsPerSecond,
        GoodputBytes = produce.AckedBytes,
        Acked = produce.AckedRecords,
        Failed = produce.Totals.Failed + produce.Totals.Unanswered,
        Verified = Report.Verification?.Read,
        Lost = Math.Max(Report.Verification?.Lost ?? 0, Report.History?.Lost ?? 0),
        Duplicates = Math.Max(Report.Verification?.Duplicated ?? 0, Report.History?.Duplicated ?? 0),
        OutOfOrder = Math.Max(Report.Verification?.Reordered ?? 0, Report.History?.Reordered ?? 0),
        Corrupt = Math.Max(Report.Verification?.Corrupted ?? 0, Report.History?.Corrupt ?? 0),
        Indeterminate = produce.Totals.Indeterminate,
        Resent = produce.Totals.Resent,
        UncommittedReads = Math.Max(Report.Verification?.Uncommitted ?? 0, Report.History?.UncommittedReads ?? 0),
        InconsistentOffsets = Report.History?.InconsistentOffsets,
        Unseen = Report.History?.Unseen,
        SilenceMs = Report.Phases.FirstOrDefault(phase => phase.Name == "measure") is { } measure
            ? produce.Acks?.LongestSilence(measure.StartNanoseconds, measure.EndNanoseconds).TotalMilliseconds
            : null,
        ReadBackPerSecond = Run.Cell.Load is ProduceLoad { Check.When: ConsumeWhen.After }
            ? Extras.ReadBackPerSecond ?? Report.Consume?.RecordsPerSecond
            : null,
        MeanMs = produce.Latency.Mean.TotalMilliseconds,
        P50Ms = produce.Latency.Percentile(50).TotalMilliseconds,
        P90Ms = produce.Latency.Percentile(90).TotalMilliseconds,
        P95Ms = produce.Latency.Percentile(95).TotalMilliseconds,
        P99Ms = produce.Latency.Percentile(99).TotalMilliseconds,
        P999Ms = produce.Latency.Percentile(99.9).TotalMilliseconds,
        MaxMs = produce.Latency.Max.TotalMilliseconds,
        EndToEndP50Ms = EndToEnd?.Percentile(50).TotalMilliseconds,
        EndToEndP99Ms = EndToEnd?.Percentile(99).TotalMilliseconds,
        EndToEndMaxMs = EndToEnd?.Max.TotalMilliseconds,
    };

    private static RunRow WithTold(RunRow row, PerfLatency told) => row with
    {
        Generator = GeneratorName.KafkaTools,
        MeanMs = told.MeanMs,
        P50Ms = told.P50Ms,
        P90Ms = null,
        P95Ms = told.P95Ms,
        P99Ms = told.P99Ms,
        P999Ms = told.P999Ms,
        MaxMs = told.MaxMs,
    };

    private Histogram? EndToEnd => Report.Consume?.EndToEnd is { Count: > 0 } measured ? measured : null;

    private RunRow WithConsumed(RunRow row, ConsumeReport consume) => row with
    {
        RampMs = consume.Pulse is { } pulse && Report.Phases.FirstOrDefault(phase => phase.Name == "measure") is { } measure
            ? RampUp.Of(pulse, measure.StartNanoseconds, measure.EndNanoseconds)?.TotalMilliseconds
            : null,
        AchievedPerSecond = consume.RecordsPerSecond,
        GoodputBytes = consume.Bytes,
        Acked = consume.Records,
    };

    private IEnumerable<ProcessUse> Uses()
    {
        var seconds = End.Since(Begin).TotalSeconds;
        var nodes = End.Processes.Keys.Where(name => name != WorkerName).ToList();
        var leaders = Leaders.Select(leader => NodeName(leader)).ToHashSet();
        // Where several nodes lead, at once or one after the other, what one of them does as leader and what as follower cannot be told apart.
        if (leaders.Count == 1 && Run.Cell.Faults.IsEmpty)
        {
            yield return Use(ProcessRole.Leader, nodes.Where(leaders.Contains));
            if (nodes.Count > 1) yield return Use(ProcessRole.Followers, nodes.Where(name => !leaders.Contains(name)));
        }
        else
        {
            yield return Use(ProcessRole.Brokers, nodes);
        }

        yield return Use(Report.Produce is null ? ProcessRole.Consumers : ProcessRole.Generator, [WorkerName]);

        ProcessUse Use(string role, IEnumerable<string> names)
        {
            // Of a node that was ended what it used since it was started again counts, as what it had used is gone with it.
            var present = names.Where(name => End.Processes.ContainsKey(name) && (Begin.Processes.ContainsKey(name) || name.Contains('#', StringComparison.Ordinal))).ToList();
            var used = present.Select(name => End.Processes[name].Since(Begin.Processes.GetValueOrDefault(name))).ToList();
            var runtimes = present.Select(name => Extras.Runtimes.GetValueOrDefault(name)?.Between(Begin.Timestamp, End.Timestamp)).ToList();
            var told = runtimes.Count > 0 && runtimes.TrueForAll(runtime => runtime is not null) ? runtimes.OfType<RuntimeUse>().ToList() : null;
            var cpu = used.Sum(counters => counters.CpuTime.TotalSeconds);
            return new ProcessUse
            {
                Role = role,
                Count = present.Count,
                CpuSeconds = cpu,
                Cores = cpu / seconds,
                ContextSwitches = used.Sum(counters => counters.VoluntarySwitches + counters.InvoluntarySwitches),
                ReadBytes = used.Sum(counters => counters.DiskReadBytes),
                WriteBytes = used.Sum(counters => counters.DiskWriteBytes),
                ReadCalls = used.Sum(counters => counters.ReadCalls),
                WriteCalls = used.Sum(counters => counters.WriteCalls),
                MajorFaults = used.Sum(counters => counters.MajorFaults),
                GcPauseMs = told?.Sum(runtime => runtime.GcPause.TotalMilliseconds),
                GcPauseMaxMs = told?.Max(runtime => runtime.GcPauseMax.TotalMilliseconds),
                Gen0Collections = told?.Sum(runtime => runtime.Gen0),
                Gen1Collections = told?.Sum(runtime => runtime.Gen1),
                Gen2Collections = told?.Sum(runtime => runtime.Gen2),
                AllocatedBytesPerSecond = OfAll(runtime => runtime.AllocatedBytesPerSecond)?.Sum(),
                ContentionsPerSecond = OfAll(runtime => runtime.ContentionsPerSecond)?.Sum(),
                QueueLengthMax = OfAll(runtime => runtime.QueueLengthMax)?.Max(),
                RssMaxBytes = Within().SelectMany(sample => present.Where(sample.Processes.ContainsKey).Select(name => sample.Processes[name].ResidentBytes)).DefaultIfEmpty().Max(),
            };

            List<double>? OfAll(Func<RuntimeUse, double?> figure) =>
                told?.Select(figure).ToList() is { } figures && figures.TrueForAll(value => value is not null) ? [.. figures.OfType<double>()] : null;
        }
    }

    private LimitFacts Facts(RunRow row)
    {
        var target = Run.Cell.Target;
        return new SampledLimit(Begin, End, Extras.Others, Run.Cell.Cluster.CpuQuota).Facts(row, RoleOf) with
        {
            Target = target,
            TargetMs = target?.Value(row),
            LoopbackBytesPerSecond = row.LoopbackBytes / End.Since(Begin).TotalSeconds,
            LoopbackLimit = Extras.LoopbackLimit,
            GeneratorSigns = Report.Produce?.SaturationSigns ?? [],
        };

        string RoleOf(string process) =>
            process == WorkerName ? Report.Produce is null ? ProcessRole.Consumers : ProcessRole.Generator
            : row.Role(ProcessRole.Brokers) is not null ? ProcessRole.Brokers
            : Leaders.Any(leader => NodeName(leader) == process) ? ProcessRole.Leader
            : ProcessRole.Followers;
    }

    private IEnumerable<Sample> Within() => Samples.Where(sample => sample.Timestamp >= Begin.Timestamp && sample.Timestamp <= End.Timestamp);

    private int FirstMeasured() => Report.Timeline.FirstOrDefault(second => second.Measured)?.Second ?? 0;

    /// <summary>The sample nearest to a moment, which is within half a second of it; null outside the run.</summary>
    private Sample? At(long nanoseconds)
    {
        var ticksPerNanosecond = Stopwatch.Frequency / 1e9;
        var nearest = Samples.MinBy(sample => Math.Abs(sample.Timestamp / ticksPerNanosecond - nanoseconds));
        return nearest is not null && Math.Abs(nearest.Timestamp / ticksPerNanosecond - nanoseconds) < 1e9 ? nearest : null;
    }

    private static double? Cores(Sample? from, Sample? to, Func<string, bool> include)
    {
        if (from is null || to is null || ReferenceEquals(from, to)) return null;

        var used = to.Processes.Where(process => include(process.Key) && from.Processes.ContainsKey(process.Key))
            .Sum(process => process.Value.Since(from.Processes[process.Key]).CpuTime.TotalSeconds);
        return used / to.Since(from).TotalSeconds;
    }
}
