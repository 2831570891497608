using Harness.Measures;
using Harness.Measures.Calibrating;
using Harness.Nodes;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Runs;

/// <summary>What all runs of a campaign share.</summary>
/// <param name="System">Starts the brokers that plans name.</param>
/// <param name="Worker">How load workers are started.</param>
/// <param name="FileWorker">How file workers are started.</param>
/// <param name="WorkFolder">Gets a folder per run for the nodes' data.</param>
/// <param name="LogFolder">Gets a folder per run for what the processes print.</param>
/// <param name="KeepData">Whether the nodes' data stays when a run ends.</param>
public sealed record RunSetup(ISystemUnderTest System, WorkerProgram Worker, WorkerProgram FileWorker, string WorkFolder, string LogFolder, bool KeepData)
{
    /// <summary>The device under the data; null when none is.</summary>
    public DeviceNumber? Device { get; } = DataVolume.Of(WorkFolder).Device is { Major: > 0 } device ? device : null;

    /// <summary>Kafka's tools, for plans whose load they make.</summary>
    public KafkaTools Tools { get; init; } = new();

    /// <summary>Measures the machine's limits before the first run and after the last; null: nobody does.</summary>
    public Calibrator? Calibrator { get; init; }

    /// <summary>The connections to the hosts of its plans; null where no plan names one.</summary>
    internal HostConnections? Hosts { get; init; }

    /// <summary>What the loopback can carry, in bytes a second; null where it was not calibrated.</summary>
    public double? LoopbackLimit { get; init; }
}
