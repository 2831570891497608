using Engine.Core.Cluster;

namespace Engine.Simulation.Nodes;

/// <summary>A change that a node wants the store to take: decided on a state, and again on a newer one when another was quicker.</summary>
/// <param name="decide">Null or nothing: there is no need for it any more.</param>
/// <param name="settled">Called once, with whether it was taken; a lost answer is asked for again until it is known.</param>
internal sealed class Wish(WishKind kind, Func<ClusterState, IReadOnlyList<ClusterRecord>?> decide, Action<bool>? settled = null)
{
    public WishKind Kind => kind;

    public IReadOnlyList<ClusterRecord> Decide(ClusterState state) => decide(state) ?? [];

    public void Settle(bool taken) => settled?.Invoke(taken);
}

internal enum WishKind
{
    Register,
    InSync,
    Control,
    Leave,
}
