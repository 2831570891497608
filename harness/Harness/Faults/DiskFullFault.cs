namespace Harness.Faults;

/// <summary>Not a byte is free on the node's disk, until there is room again.</summary>
internal sealed record DiskFullFault : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Disks;

    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Ground.Disk(node).Fill();
        return Task.CompletedTask;
    }

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Ground.Disk(node).MakeRoom();
        return Task.CompletedTask;
    }
}
