using Harness.Faults;
using Harness.Measures;
using Harness.Results;
using Harness.Systems.Kafka;

namespace Harness.Runs;

/// <summary>Figures that only some plans ask for, noted as the run comes by them.</summary>
internal sealed class RunExtras
{
    public long? CachedFileBytes { get; set; }

    public double? CallsPerSecond { get; set; }

    public long? OpenFiles { get; set; }

    public double? BesideBytesPerSecond { get; set; }

    /// <summary>What Kafka's tool says of its latencies; null where the load was a worker's.</summary>
    public PerfLatency? ToolLatency { get; set; }

    /// <summary>Records a second in the reading back that came after a tool's load.</summary>
    public double? ReadBackPerSecond { get; set; }

    public double? ReadyMs { get; set; }

    public double? FirstFetchMs { get; set; }

    /// <summary>What the nodes' runtimes told, by the name of the process; empty where they were not asked.</summary>
    public IReadOnlyDictionary<string, RuntimeEvents> Runtimes { get; set; } = new Dictionary<string, RuntimeEvents>();

    /// <summary>What processes that do not belong to the run used while it was measured.</summary>
    public IReadOnlyList<OtherProcess> Others { get; set; } = [];

    /// <summary>What the machine's loopback can carry in a second; null where it was not calibrated.</summary>
    public double? LoopbackLimit { get; set; }

    /// <summary>The faults as they happened; empty where none were planned.</summary>
    public IReadOnlyList<FaultRecord> Faults { get; set; } = [];

    /// <summary>The steps of the plan that never came about.</summary>
    public IReadOnlyList<FaultStep> MissedFaults { get; set; } = [];

    /// <summary>Where replicas differ below the high watermark, in words; null where they were not compared.</summary>
    public IReadOnlyList<string>? ReplicaDifferences { get; set; }
}
