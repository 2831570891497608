using Harness.Faults;
using Harness.Results;

namespace Harness.Plans;

/// <summary>One combination of axis values, ready to be measured.</summary>
/// <param name="Facts">Its id and values, as results carry them.</param>
/// <param name="Cluster">The cluster with the values in force.</param>
/// <param name="Load">The load with the values in force.</param>
/// <param name="Schedule">How long and how often.</param>
/// <param name="Disk">The disk space one run of it takes.</param>
public sealed record Cell(CellFacts Facts, ClusterPlan Cluster, LoadPlan Load, Schedule Schedule, DiskBudget Disk)
{
    /// <summary>What goes wrong while it is measured.</summary>
    public FaultScript Faults { get; init; } = FaultScript.Empty;

    /// <summary>What the nodes must stand on.</summary>
    public FaultNeeds Needs => Faults.Needs | (Cluster.Store == StorePlace.Etcd || Cluster.Hosts is { Etcd.Count: 0 } ? FaultNeeds.Store : FaultNeeds.None);

    /// <inheritdoc cref="Plan.Target"/>
    public LatencyTarget? Target { get; init; }

    /// <inheritdoc cref="Plan.CountsLoss"/>
    public bool CountsLoss { get; init; }
}

/// <summary>One run to be made: a cell and which repeat of it, from <see cref="Schedule.FirstRepeat"/>.</summary>
public sealed record ScheduledRun(Cell Cell, int Repeat);
