using Harness.Faults;
using Harness.Results;

namespace Harness.Plans;

/// <summary>A table of measurements: a cluster, a load, and what of them is varied.</summary>
/// <remarks>Every setting of it has a dotted name, see <see cref="PlanSettings"/>: axes and <c>--set</c> change it by that.</remarks>
public sealed record Plan
{
    /// <summary>The axis that tells the plans of one experiment apart.</summary>
    public const string PartAxis = "part";

    /// <summary>What this plan is called beside the others of its experiment; empty for an only one.</summary>
    public string Part { get; init; } = "";

    public ClusterPlan Cluster { get; init; } = new();

    public required LoadPlan Load { get; init; }

    /// <summary>What goes wrong while it is measured, and when.</summary>
    public FaultScript Faults { get; init; } = FaultScript.Empty;

    /// <summary>True where loss is what is asked for: a run that loses acknowledged records is then a finding, and sound.</summary>
    public bool CountsLoss { get; init; }

    /// <summary>The latency that is wanted of it; null where none is.</summary>
    public LatencyTarget? Target { get; init; }

    /// <summary>What is varied; the cells are the cross product.</summary>
    public IReadOnlyList<Axis> Vary { get; init; } = [];

    public required Schedule Schedule { get; init; }
}

/// <summary>A plan or an override that cannot be; the message says what was wrong and what is allowed.</summary>
public sealed class PlanException(string message) : Exception(message);
