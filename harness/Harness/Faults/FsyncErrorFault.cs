using Harness.Nodes;

namespace Harness.Faults;

/// <summary>A flush of the node fails once, with EIO. What the node does about it is its own affair; it is killed and started again to heal.</summary>
internal sealed record FsyncErrorFault : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Tracer;

    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop) =>
        Task.WhenAll(nodes.Select(node => FlushTracer.FailNext(scene.ProcessOf(node), scene.Ground.Folder)));

    internal override async Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        await Task.WhenAll(nodes.Select(scene.Kill));
        await Task.WhenAll(nodes.Select(node => scene.StartAgain(node, stop)));
    }
}
