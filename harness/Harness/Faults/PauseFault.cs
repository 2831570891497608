namespace Harness.Faults;

/// <summary>SIGSTOP and SIGCONT. The kernel takes requests for the stopped node meanwhile; it answers them when it wakes, if it may.</summary>
internal sealed record PauseFault : Fault
{
    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Pause(node);
        return Task.CompletedTask;
    }

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var node in nodes) scene.Continue(node);
        return Task.CompletedTask;
    }
}
