using Engine.Broker.Metadata;
using Engine.Core.Cluster;

namespace Engine.Broker.Cluster;

/// <summary>Changes of many partitions at once.</summary>
internal static class ClusterUpdates
{
    // Some 100 KB of a store's log: a node with ten thousand partitions neither exceeds what a store takes at once nor makes all
    // others wait until the last of them has a leader.
    private const int RecordsPerStep = 500;

    /// <summary>Appends what <paramref name="decide"/> says about the newest state, some of it at a time, until there is nothing left.</summary>
    /// <remarks>Each record must be right without the ones after it, as the node may die between two steps.</remarks>
    /// <param name="store">Where to append.</param>
    /// <param name="decide">Called again for each step, and whenever another node was quicker.</param>
    /// <param name="appended">Called after each step with the state that was decided on and what was appended.</param>
    /// <returns>Whether records were appended.</returns>
    public static bool UpdateInSteps(
        this IMetadataStore store, Func<ClusterState, IEnumerable<ClusterRecord>> decide, Action<ClusterState, IReadOnlyList<ClusterRecord>>? appended = null)
    {
        for (var any = false; ; any = true)
        {
            var (decidedOn, step) = (ClusterState.Empty, (IReadOnlyList<ClusterRecord>)[]);
            if (!store.Update(state => step = [.. decide(decidedOn = state).Take(RecordsPerStep)])) return any;
            appended?.Invoke(decidedOn, step);
        }
    }
}
