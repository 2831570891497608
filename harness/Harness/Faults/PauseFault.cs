namespace Harness.Faults;

/// <summary>SIGSTOP and SIGCONT. The kernel takes requests for the stopped node meanwhile; it answers them when it wakes, if it may.</summary>
internal sealed record PauseFault : Fault
{
    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(scene.Pause));

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(scene.Continue));
}
