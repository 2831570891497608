namespace Harness.Faults;

/// <summary>What the two ends of a link send each other gets lost, without a word to either.</summary>
/// <param name="From">The far ends.</param>
/// <param name="Way">Which of the two directions, seen from the target.</param>
internal sealed record CutFault(FaultTarget From, CutWay Way) : Fault
{
    internal override FaultNeeds Needs => FaultNeeds.Network;

    internal override FaultTarget? Peers => From;

    internal override async Task Begin(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var (sender, receiver) in Lost(nodes, peers)) await scene.Ground.Network!.Cut(sender, receiver);
    }

    internal override async Task Heal(FaultScene scene, IReadOnlyList<int> nodes, IReadOnlyList<int> peers, CancellationToken stop)
    {
        foreach (var (sender, receiver) in Lost(nodes, peers)) await scene.Ground.Network!.Restore(sender, receiver);
    }

    private IEnumerable<(int Sender, int Receiver)> Lost(IReadOnlyList<int> nodes, IReadOnlyList<int> peers)
    {
        var links = nodes.SelectMany(node => peers.Where(peer => peer != node).Select(peer => (Node: node, Peer: peer)));
        return links.SelectMany(link => Way switch
        {
            CutWay.In => [(link.Peer, link.Node)],
            CutWay.Out => [(link.Node, link.Peer)],
            _ => new[] { (link.Peer, link.Node), (link.Node, link.Peer) },
        }).Distinct();
    }
}

internal enum CutWay
{
    Both,

    /// <summary>What the target should receive is lost.</summary>
    In,

    /// <summary>What the target sends is lost.</summary>
    Out,
}
