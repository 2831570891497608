using Harness.Faults;
using Harness.Load;
using Harness.Runs;

namespace Harness.Plans;

/// <summary>What a run takes in time beside its warm-up and its measured time: an estimate, to plan an hour by and not a minute.</summary>
/// <remarks>The figures are of two cores and a virtual disk, where they came within a third of what campaigns took.</remarks>
internal static class RunCost
{
    /// <summary>The machine's limits, once.</summary>
    public static readonly TimeSpan Calibration = TimeSpan.FromSeconds(15);

    /// <summary>Worker, sampling, settling and the row of the result.</summary>
    private static readonly TimeSpan Any = TimeSpan.FromSeconds(0.8);

    private static readonly TimeSpan Node = TimeSpan.FromSeconds(0.8);

    /// <summary>Networks or disks of the nodes' own, and faults to be over.</summary>
    private static readonly TimeSpan Ground = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Partition = TimeSpan.FromMilliseconds(1);

    /// <summary>Filling, writing back, dropping and reading what is there.</summary>
    private const double BytesPerSecond = 300e6;

    /// <summary>Reading back what a run has written, and comparing it.</summary>
    private const double CheckedBytesPerSecond = 500e6;

    public static TimeSpan Of(Cell cell) => cell.Schedule.Warmup + cell.Schedule.Measure + Any + cell.Load switch
    {
        BrokerLoad load => OfBrokers(cell, load),
        FileLoad { Work.UsesFiles: true } files => TimeSpan.FromSeconds(files.Work.FileBytes / BytesPerSecond),
        _ => TimeSpan.Zero,
    };

    private static TimeSpan OfBrokers(Cell cell, BrokerLoad load)
    {
        var bytes = load switch
        {
            ReadLoad read => read.FillBytes * cell.Cluster.Replication / BytesPerSecond,
            ProduceLoad produce => produce.BacklogBytes / BytesPerSecond + ProducedBytes(produce.Send, cell.Schedule) / CheckedBytesPerSecond,
            _ => 0,
        };
        var warmup = cell.Cluster.Warmup is { } time && time > TimeSpan.Zero ? time + NodeWarmup.Slice : TimeSpan.Zero;
        var ground = cell.Needs == FaultNeeds.None ? TimeSpan.Zero : Ground;
        return TimeSpan.FromSeconds(bytes) + warmup + ground + cell.Cluster.Nodes * Node + load.Partitions * Partition;
    }

    // A closed loop writes what it can: about what a disk takes.
    private static double ProducedBytes(ProduceSpec send, Schedule schedule) => (schedule.Warmup + schedule.Measure).TotalSeconds
        * (send.Arrival == Arrival.Closed ? BytesPerSecond : send.RecordsPerSecond * DiskBudget.RecordBytes(send));
}
