using Harness.Nodes;

namespace Harness.Faults;

/// <summary>Links between brokers are slow: everything on them is late, each way.</summary>
/// <param name="From">The far ends; clients are not among them, as only brokers' links have a proxy.</param>
/// <param name="By">How late, one way: a round trip is late by twice that.</param>
/// <param name="Jitter">Up to this much more, evenly spread; order stays, as TCP keeps it.</param>
/// <param name="Loss">The share of pieces that come only when TCP has sent them again, see <see cref="LinkQuality.Retransmission"/>.</param>
internal sealed record DelayFault(FaultTarget From, TimeSpan By, TimeSpan Jitter, double Loss) : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Proxies;

    internal override FaultTarget? Peers => From;

    private LinkQuality Quality => new(By, Jitter, Loss);

    internal override Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        scene.Ground.Links!.Add(this, Quality, nodes, peers);
        return Task.CompletedTask;
    }

    internal override Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        scene.Ground.Links!.Remove(this);
        return Task.CompletedTask;
    }
}
