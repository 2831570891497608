using Harness.Load;

namespace Harness.Results;

/// <summary>One measured run of one cell: a line of <c>runs.csv</c>.</summary>
/// <remarks>All counts and uses cover the measured interval only, never the warm-up. Latencies count from each record's
/// intended send time. A run that failed to start is a row too, unsound, with the reason.</remarks>
public sealed record RunRow
{
    /// <summary>The cell's id, see <see cref="CellFacts.Id"/>.</summary>
    public required string Cell { get; init; }

    public required string Label { get; init; }

    /// <summary>From 1.</summary>
    public required int Repeat { get; init; }

    /// <summary>Axis name to resolved text.</summary>
    public required IReadOnlyDictionary<string, string> Axes { get; init; }

    /// <summary>What was measured: <c>testbed</c>, <c>kafka 4.3.1</c>.</summary>
    public required string System { get; init; }

    /// <summary>When an acknowledged record survives what: <c>acks=all, RF 3, flush interval(100ms)</c>. Printed on every chart.</summary>
    public required string Durability { get; init; }

    /// <summary>How clients' connections were protected: <c>TLSv1.3</c>; empty: not at all.</summary>
    public string Security { get; init; } = "";

    /// <summary>Who sent the records, see <see cref="GeneratorName"/>; empty where it is not told.</summary>
    public string Generator { get; init; } = "";

    public required DateTimeOffset Started { get; init; }

    public required double MeasuredSeconds { get; init; }

    /// <summary>Records per second asked for; null in a closed loop.</summary>
    public double? OfferedPerSecond { get; init; }

    /// <summary>Acknowledged (produce) or delivered (consume) records per second.</summary>
    public double AchievedPerSecond { get; init; }

    /// <summary>Acknowledged or delivered payload, keys and values only.</summary>
    public long GoodputBytes { get; init; }

    public long Acked { get; init; }

    public long Failed { get; init; }

    /// <summary>Records read back by the checking consumer; null when nothing was read back.</summary>
    public long? Verified { get; init; }

    /// <summary>Acknowledged and not readable afterwards.</summary>
    public long Lost { get; init; }

    public long Duplicates { get; init; }

    public long OutOfOrder { get; init; }

    public long Corrupt { get; init; }

    /// <summary>Of the failed, those that may be stored nevertheless: a connection was lost, or the error came after the append.</summary>
    public long Indeterminate { get; init; }

    /// <summary>Sent once more after a failed attempt, counted each time; null where nothing was produced.</summary>
    public long? Resent { get; init; }

    /// <summary>Read although not committed: at or above the high watermark, or gone later.</summary>
    public long UncommittedReads { get; init; }

    /// <summary>Offsets at which different records were seen; null where no history was recorded.</summary>
    public long? InconsistentOffsets { get; init; }

    /// <summary>Replicas whose bytes below the high watermark are not the others'; null where they were not compared.</summary>
    public long? ReplicaDifferences { get; init; }

    /// <summary>Acknowledged records that the last reading did not come to; null where no history was recorded.</summary>
    public long? Unseen { get; init; }

    public double? MeanMs { get; init; }

    public double? P50Ms { get; init; }

    public double? P90Ms { get; init; }

    public double? P95Ms { get; init; }

    public double? P99Ms { get; init; }

    public double? P999Ms { get; init; }

    public double? MaxMs { get; init; }

    /// <summary>From a record's intended send time to the moment a reader that ran meanwhile held it; null where none did.</summary>
    public double? EndToEndP50Ms { get; init; }

    public double? EndToEndP99Ms { get; init; }

    public double? EndToEndMaxMs { get; init; }

    /// <summary>Use of each role, processes of one role added up.</summary>
    public IReadOnlyList<ProcessUse> Processes { get; init; } = [];

    /// <summary>CPU seconds per second of the process that starts, watches and disturbs all others; load workers are others.</summary>
    public double? HarnessCores { get; init; }

    /// <summary>CPU time the hypervisor took from the machine during the run; null when not told.</summary>
    public double? StealSeconds { get; init; }

    /// <summary>Highest amount of dirty page cache seen.</summary>
    public long? DirtyMaxBytes { get; init; }

    public long? DiskReadBytes { get; init; }

    public long? DiskWriteBytes { get; init; }

    /// <summary>What the page cache held of the nodes' records at the end of the measured time; null when not told.</summary>
    public long? CachedFileBytes { get; init; }

    /// <summary>Files, sockets and other descriptors that all nodes had open at the end of the measured time; null where nobody could look.</summary>
    public long? OpenFiles { get; init; }

    /// <summary>System calls of all nodes; null where they were not counted.</summary>
    public double? BrokerCallsPerSecond { get; init; }

    /// <summary>Records a second when all were read back after the load; null where they were not, or were meanwhile.</summary>
    public double? ReadBackPerSecond { get; init; }

    /// <summary>What was read meanwhile by those who are not measured.</summary>
    public double? BesideBytesPerSecond { get; init; }

    /// <summary>From the start of a node that had been ended to the moment it took requests.</summary>
    public double? ReadyMs { get; init; }

    /// <summary>From the same start to the whole answer of a first fetch.</summary>
    public double? FirstFetchMs { get; init; }

    /// <summary>From the first record read to 90 % of the rate at which readers then go on, to 10 ms; null where they were not what is measured.</summary>
    public double? RampMs { get; init; }

    /// <summary>The longest time without any acknowledgement, to 10 ms; null where nothing was produced.</summary>
    public double? SilenceMs { get; init; }

    /// <summary>From the end of the last fault to the next acknowledgement, to 10 ms; null where a fault did not end or nothing was acknowledged any more.</summary>
    public double? ResumedMs { get; init; }

    /// <summary>Figures that are missing, and why; empty when none are.</summary>
    public string Missing { get; init; } = "";

    /// <summary>Bytes over the machine's loopback: requests, answers and what replicas send each other; null where the nodes were not on it.</summary>
    public long? LoopbackBytes { get; init; }

    /// <summary>What ended the rate: <c>leader CPU</c>, <c>disk</c>, <c>generator</c>, <c>latency target</c>, …, or <c>none</c> where all that was
    /// offered was taken; empty where it was not told.</summary>
    public string Bottleneck { get; init; } = "";

    /// <summary>The figures that <see cref="Bottleneck"/> was told from.</summary>
    public string BottleneckEvidence { get; init; } = "";

    /// <summary>Why the run says less of what was measured than it seems to: the generator or another process was in the way; empty when nothing was.</summary>
    public string LimitWarning { get; init; } = "";

    /// <summary><see cref="Bottleneck"/> with its evidence.</summary>
    public string BottleneckText => BottleneckEvidence.Length == 0 ? Bottleneck : $"{Bottleneck}: {BottleneckEvidence}";

    /// <summary>Whether rate, latency and CPU stayed what they were while it was measured; null where that could not be told.</summary>
    public bool? Stationary { get; init; }

    /// <summary>What changed meanwhile, in words; empty unless <see cref="Stationary"/> is false.</summary>
    public string Drift { get; init; } = "";

    /// <summary>False when the run proves nothing: records lost, generator saturated, node died, ….</summary>
    public required bool Sound { get; init; }

    /// <summary>Why the run is not sound; empty for a sound one.</summary>
    public string Reason { get; init; } = "";

    /// <summary>CPU time of all brokers.</summary>
    public double BrokerCpuSeconds => Processes.Where(p => ProcessRole.IsBroker(p.Role)).Sum(p => p.CpuSeconds);

    /// <summary>Brokers' CPU seconds for each GB (10^9 bytes) of goodput; null without either.</summary>
    public double? CpuSecondsPerGb =>
        GoodputBytes > 0 && Processes.Any(p => ProcessRole.IsBroker(p.Role)) ? BrokerCpuSeconds / (GoodputBytes / 1e9) : null;

    /// <summary>This run with the mean and percentiles of its histogram; without them where nothing was recorded.</summary>
    public RunRow WithLatency(Histogram latency) => latency.Count == 0 ? this : this with
    {
        MeanMs = latency.Mean.TotalMilliseconds,
        P50Ms = latency.Percentile(50).TotalMilliseconds,
        P90Ms = latency.Percentile(90).TotalMilliseconds,
        P95Ms = latency.Percentile(95).TotalMilliseconds,
        P99Ms = latency.Percentile(99).TotalMilliseconds,
        P999Ms = latency.Percentile(99.9).TotalMilliseconds,
        MaxMs = latency.Max.TotalMilliseconds,
    };

    public ProcessUse? Role(string role) => Processes.FirstOrDefault(p => p.Role == role);
}

/// <summary>Who sends the records of a run.</summary>
public static class GeneratorName
{
    /// <summary>A load worker of the harness.</summary>
    public const string Testbed = "testbed";

    /// <summary>Kafka's own command-line tools, whose latencies count from <c>send()</c>.</summary>
    public const string KafkaTools = "kafka-tools";
}

/// <summary>Names of roles; a campaign may add its own.</summary>
public static class ProcessRole
{
    /// <summary>The node that leads all measured partitions; where leaders are spread, use <see cref="Brokers"/>.</summary>
    public const string Leader = "leader";

    public const string Followers = "followers";

    public const string Brokers = "brokers";

    public const string Generator = "generator";

    public const string Consumers = "consumers";

    /// <summary>The process that goes through files where no broker is measured.</summary>
    public const string Files = "files";

    public static bool IsBroker(string role) => role is Leader or Followers or Brokers;
}

/// <summary>What the processes of one role used in the measured interval, added up, from /proc.</summary>
public sealed record ProcessUse
{
    public required string Role { get; init; }

    /// <summary>How many processes are added up here.</summary>
    public int Count { get; init; } = 1;

    /// <summary>User and system time.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>CPU seconds per second of the interval.</summary>
    public required double Cores { get; init; }

    public long ContextSwitches { get; init; }

    /// <summary>Bytes that reached or came from storage (/proc/PID/io read_bytes, write_bytes).</summary>
    public long ReadBytes { get; init; }

    public long WriteBytes { get; init; }

    /// <summary>Calls counted by /proc/PID/io (syscr, syscw): read- and write-like only, sockets by send and recv are not among them.</summary>
    public long ReadCalls { get; init; }

    public long WriteCalls { get; init; }

    /// <summary>Page faults that waited for the disk.</summary>
    public long MajorFaults { get; init; }

    /// <summary>All time for which threads were stopped for garbage collections, over all processes of the role; null when one did not tell.</summary>
    public double? GcPauseMs { get; init; }

    /// <summary>The longest of these stops.</summary>
    public double? GcPauseMaxMs { get; init; }

    /// <summary>Collections of generation 0 only, of 0 and 1, and of everything.</summary>
    public long? Gen0Collections { get; init; }

    public long? Gen1Collections { get; init; }

    public long? Gen2Collections { get; init; }

    /// <summary>Bytes of objects that the runtimes made in a second; null when one did not tell, as for the two below.</summary>
    public double? AllocatedBytesPerSecond { get; init; }

    /// <summary>How often in a second a thread had to wait for a lock.</summary>
    public double? ContentionsPerSecond { get; init; }

    /// <summary>The most work items seen waiting for a thread of a runtime's pool, of the few times it looked.</summary>
    public double? QueueLengthMax { get; init; }

    /// <summary>Highest resident set, the largest process of the role.</summary>
    public long RssMaxBytes { get; init; }
}

/// <summary>One second of a run: a line of <c>timeline/*.csv</c>.</summary>
public sealed record TimelinePoint
{
    /// <summary>End of the interval, in seconds since measuring began; the warm-up is negative.</summary>
    public required double Second { get; init; }

    public double? OfferedPerSecond { get; init; }

    public required double AchievedPerSecond { get; init; }

    public double FailedPerSecond { get; init; }

    public double? P50Ms { get; init; }

    public double? P99Ms { get; init; }

    public double? MaxMs { get; init; }

    public double? BrokerCores { get; init; }

    public double? GeneratorCores { get; init; }

    /// <summary>Cores taken by the hypervisor.</summary>
    public double? StealCores { get; init; }

    public long? DirtyBytes { get; init; }
}
