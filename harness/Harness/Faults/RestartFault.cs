namespace Harness.Faults;

/// <summary>A clean stop and a start again, one node after the other: what an upgrade does.</summary>
internal sealed record RestartFault : Fault
{
    internal override async Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes)
        {
            await scene.Stop(node);
            await scene.StartAgain(node, stop);
        }
    }
}
