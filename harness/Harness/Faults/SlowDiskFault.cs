using Harness.Nodes;

namespace Harness.Faults;

/// <summary>The node's writes reach the disk, or its reads come from it, at no more than a rate.</summary>
/// <param name="Direction">Which of them.</param>
/// <param name="BytesPerSecond">The rate.</param>
internal sealed record SlowDiskFault(DiskDirection Direction, long BytesPerSecond) : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Throttle;

    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Ground.Throttle(node).Enforce(Direction, scene.ProcessOf(node), BytesPerSecond);
        return Task.CompletedTask;
    }

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Ground.Throttle(node).Lift(Direction);
        return Task.CompletedTask;
    }
}
