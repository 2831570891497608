namespace Harness.Results;

/// <summary>A figure of a run that can be charted, compared and judged.</summary>
/// <param name="Name">As plans write it.</param>
/// <param name="Title">As axes and tables write it, without unit.</param>
/// <param name="Unit">Unit of <paramref name="Of"/>; empty for plain numbers.</param>
/// <param name="LowerIsBetter">Which way is good, so that charts can say so.</param>
/// <param name="Of">The figure; null when this run has none.</param>
/// <param name="IsFault">Counts faults: one bad run is enough and makes itself unsound, so every run is judged, not the median of the sound.</param>
public sealed record Metric(string Name, string Title, string Unit, bool LowerIsBetter, Func<RunRow, double?> Of, bool IsFault = false)
{
    public static readonly Metric Achieved = new("achieved", "Achieved rate", "records/s", false, run => run.Role(ProcessRole.Files) is null ? run.AchievedPerSecond : null);
    public static readonly Metric Operations = new("operations", "Operations", "operations/s", false, run => run.Role(ProcessRole.Files) is null ? null : run.AchievedPerSecond);
    public static readonly Metric Held = new("held", "Achieved share of the offered rate", "", false, run => run.AchievedPerSecond / run.OfferedPerSecond);
    public static readonly Metric Throughput = new("throughput", "Throughput", "MB/s", false, run => run.GoodputBytes / run.MeasuredSeconds / 1e6);
    public static readonly Metric P50 = new("p50", "Median latency", "ms", true, run => run.P50Ms);
    public static readonly Metric Mean = new("mean", "Mean latency", "ms", true, run => run.MeanMs);
    public static readonly Metric P90 = new("p90", "p90 latency", "ms", true, run => run.P90Ms);
    public static readonly Metric P95 = new("p95", "p95 latency", "ms", true, run => run.P95Ms);
    public static readonly Metric P99 = new("p99", "p99 latency", "ms", true, run => run.P99Ms);
    public static readonly Metric P999 = new("p99.9", "p99.9 latency", "ms", true, run => run.P999Ms);
    public static readonly Metric Max = new("max", "Highest latency", "ms", true, run => run.MaxMs);
    public static readonly Metric EndToEndP50 = new("end-to-end-p50", "Median latency to the readers", "ms", true, run => run.EndToEndP50Ms);
    public static readonly Metric EndToEndP99 = new("end-to-end-p99", "p99 latency to the readers", "ms", true, run => run.EndToEndP99Ms);
    public static readonly Metric EndToEndMax = new("end-to-end-max", "Highest latency to the readers", "ms", true, run => run.EndToEndMaxMs);
    public static readonly Metric CpuPerGb = new("cpu-per-gb", "Broker CPU per GB", "s/GB", true, run => run.CpuSecondsPerGb);
    public static readonly Metric FileCpuPerGb = new("file-cpu-per-gb", "CPU per GB", "s/GB", true, run => run.GoodputBytes > 0 ? run.Role(ProcessRole.Files)?.CpuSeconds / (run.GoodputBytes / 1e9) : null);
    public static readonly Metric BrokerCores = new("broker-cores", "Cores used by the brokers", "cores", true, run => Cores(run, ProcessRole.IsBroker));
    public static readonly Metric TotalCores = new("total-cores", "Cores used by brokers and load", "cores", true, run => Cores(run, _ => true));
    public static readonly Metric GeneratorCores = new("generator-cores", "Cores used by the generator", "cores", true, run => Cores(run, role => role == ProcessRole.Generator));
    public static readonly Metric HarnessCores = new("harness-cores", "Cores used by the harness itself", "cores", true, run => run.HarnessCores);
    public static readonly Metric Rss = new("rss", "Largest broker memory", "MB", true, run => run.Processes.Where(p => ProcessRole.IsBroker(p.Role)).Select(p => (double?)p.RssMaxBytes / 1e6).Max());
    public static readonly Metric Lost = new("lost", "Records lost", "records", true, run => run.Verified is null ? null : run.Lost, IsFault: true);
    public static readonly Metric Duplicates = new("duplicates", "Records stored twice", "records", true, run => run.Verified is null ? null : run.Duplicates, IsFault: true);
    public static readonly Metric Uncommitted = new("uncommitted", "Records read before they were committed", "records", true, run => run.Verified is null ? null : run.UncommittedReads, IsFault: true);
    public static readonly Metric Inconsistent = new("inconsistent", "Offsets with more than one record", "offsets", true, run => run.InconsistentOffsets, IsFault: true);
    public static readonly Metric Differing = new("differing", "Replicas that differ below the high watermark", "replicas", true, run => run.ReplicaDifferences, IsFault: true);
    public static readonly Metric Failed = new("failed", "Records not acknowledged in the end", "records", true, run => run.Verified is null ? null : run.Failed, IsFault: true);
    public static readonly Metric Resent = new("resent", "Records sent again", "records", true, run => run.Resent, IsFault: true);
    public static readonly Metric DiskWrites = new("disk-writes", "Disk writes", "MB/s", true, run => run.DiskWriteBytes / run.MeasuredSeconds / 1e6);

    public static readonly Metric DiskReads = new("disk-reads", "Disk reads", "MB/s", true, run => run.DiskReadBytes / run.MeasuredSeconds / 1e6);
    public static readonly Metric MajorFaults = new("major-faults", "Page faults that waited for the disk", "faults/s", true, run => run.Processes.Count == 0 ? null : run.Processes.Sum(p => p.MajorFaults) / run.MeasuredSeconds);

    public static readonly Metric CacheHits = new("cache-hits", "Share of reads from memory", "", false, run => run.Role(ProcessRole.Consumers) is null || run.GoodputBytes == 0 ? null : Math.Max(0, 1 - (run.DiskReadBytes / (double)run.GoodputBytes ?? 1)));
    public static readonly Metric CallsPerMb = new("calls-per-mb", "Broker's system calls per MB", "calls/MB", true, run => run.BrokerCallsPerSecond / (run.GoodputBytes / run.MeasuredSeconds / 1e6));
    public static readonly Metric CallsPerRecord = new("calls-per-record", "Broker's system calls per record", "calls/record", true, run => PerRecord(run, run.BrokerCallsPerSecond));
    public static readonly Metric CpuPerRecord = new("cpu-per-record", "Broker CPU per record", "us", true, run => PerRecord(run, Cores(run, ProcessRole.IsBroker) * 1e6));
    public static readonly Metric PerCore = new("per-core", "Achieved rate by each core used, the generator's among them", "records/s", false, run => Achieved.Of(run) / Cores(run, _ => true));
    public static readonly Metric OpenFiles = new("open-files", "Files and sockets open in the brokers", "", true, run => run.OpenFiles);
    public static readonly Metric Cached = new("cached", "Records in the page cache", "MB", true, run => run.CachedFileBytes / 1e6);
    public static readonly Metric Memory = new("memory", "Broker memory and page cache of its records", "MB", true, run => Rss.Of(run) + run.CachedFileBytes / 1e6);
    public static readonly Metric Beside = new("beside", "Read meanwhile by others", "MB/s", false, run => run.BesideBytesPerSecond / 1e6);
    public static readonly Metric ReadBack = new("read-back", "Records read back", "records/s", false, run => run.ReadBackPerSecond);
    public static readonly Metric Ready = new("ready", "Time from start to taking requests", "ms", true, run => run.ReadyMs);
    public static readonly Metric FirstFetch = new("first-fetch", "Time from start to a first fetch", "ms", true, run => run.FirstFetchMs);
    public static readonly Metric Ramp = new("ramp", "Time from a first record to 90 % of the steady rate", "ms", true, run => run.RampMs);

    public static readonly Metric GcPause = new("gc-pause", "Brokers stopped for garbage collections", "ms/s", true, run => OfBrokers(run, broker => broker.GcPauseMs)?.Sum() / run.MeasuredSeconds);
    public static readonly Metric GcPauseMax = new("gc-pause-max", "Longest stop of a broker for a garbage collection", "ms", true, run => OfBrokers(run, broker => broker.GcPauseMaxMs)?.Max());
    public static readonly Metric GcCount = new("gc-count", "Garbage collections of the brokers", "collections/s", true, run => OfBrokers(run, broker => broker.Gen0Collections + broker.Gen1Collections + broker.Gen2Collections)?.Sum() / run.MeasuredSeconds);
    public static readonly Metric AllocRate = new("alloc-rate", "Objects made by the brokers", "MB/s", true, run => OfBrokers(run, broker => broker.AllocatedBytesPerSecond)?.Sum() / 1e6);
    public static readonly Metric Contentions = new("lock-contentions", "Waits for a lock in the brokers", "waits/s", true, run => OfBrokers(run, broker => broker.ContentionsPerSecond)?.Sum());
    public static readonly Metric PoolQueue = new("thread-pool-queue", "Most work waiting for a thread of a broker's pool", "items", true, run => OfBrokers(run, broker => broker.QueueLengthMax)?.Max());

    public static readonly Metric Silence = new("silence", "Longest time without an acknowledgement", "ms", true, run => run.SilenceMs) { Resolution = 10 };

    /// <summary>The least difference that is more than the way of measuring it, in <see cref="Unit"/>; 0 where every digit tells.</summary>
    public double Resolution { get; init; } = Unit switch { "ms" or "cores" => 0.01, "MB" => 1, _ => 0 };

    public static readonly Metric Resumed = new("resumed", "Time from a fault's end to the next acknowledgement", "ms", true, run => run.ResumedMs);

    public static IReadOnlyList<Metric> All { get; } =
    [
        Achieved, Held, Operations, Throughput, Mean, P50, P90, P95, P99, P999, Max, EndToEndP50, EndToEndP99, EndToEndMax, CpuPerGb, FileCpuPerGb,
        BrokerCores, TotalCores, GeneratorCores, HarnessCores, Rss, Lost, Duplicates, Uncommitted, Inconsistent, Differing, Failed, Resent, DiskWrites, DiskReads, MajorFaults,
        CacheHits, CallsPerMb, CallsPerRecord, CpuPerRecord, PerCore, OpenFiles, Cached, Memory, Beside, ReadBack, Ready, FirstFetch, Ramp, Silence, Resumed, GcPause, GcPauseMax, GcCount, AllocRate, Contentions, PoolQueue,
    ];

    /// <exception cref="ResultException">There is no such metric; the message lists what there is.</exception>
    public static Metric Find(string name) => All.FirstOrDefault(metric => metric.Name == name) ?? throw new ResultException(
        $"there is no metric '{name}': choose {string.Join(", ", All.Select(metric => metric.Name))}.");

    /// <summary>A figure of every role that brokers have; null when one of them has none.</summary>
    private static List<double>? OfBrokers(RunRow run, Func<ProcessUse, double?> figure)
    {
        var brokers = run.Processes.Where(p => ProcessRole.IsBroker(p.Role)).Select(figure).ToList();
        return brokers.Count > 0 && brokers.TrueForAll(value => value is not null) ? [.. brokers.OfType<double>()] : null;
    }

    // What is counted by the second, by the records of a second.
    private static double? PerRecord(RunRow run, double? perSecond) => Achieved.Of(run) is > 0 and var rate ? perSecond / rate : null;

    private static double? Cores(RunRow run, Func<string, bool> role) =>
        run.Processes.Any(p => role(p.Role)) ? run.Processes.Where(p => role(p.Role)).Sum(p => p.Cores) : null;
}
