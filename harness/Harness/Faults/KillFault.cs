namespace Harness.Faults;

/// <summary>SIGKILL, and a start on the same data. Loses nothing that is in the page cache: it tests recovery, not durability.</summary>
internal sealed record KillFault : Fault
{
    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(scene.Kill));

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(node => scene.StartAgain(node, stop)));
}
