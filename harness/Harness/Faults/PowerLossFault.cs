namespace Harness.Faults;

/// <summary>The node is gone and with it all that its disk had not been told to keep; it comes back on what is left.</summary>
/// <remarks>Every node of the fault stands still before the first disk goes: power fails for all of them at one moment, and none
/// acknowledges a record between its own disk's end and another's.</remarks>
internal sealed record PowerLossFault : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Disks;

    internal override async Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) await scene.Pause(node);
        foreach (var node in nodes) scene.Ground.Disk(node).CutPower();
        await Task.WhenAll(nodes.Select(scene.Kill));
    }

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(async node =>
        {
            await scene.Ground.Disk(node).RestorePower();
            await scene.StartAgain(node, stop);
        }));
}
