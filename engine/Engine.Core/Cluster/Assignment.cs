using System.Collections.Immutable;

namespace Engine.Core.Cluster;

/// <summary>Chooses the nodes that hold a new topic's partitions: a pure function, so every node would choose alike.</summary>
public static class Assignment
{
    /// <summary>
    /// Leaders go round the brokers; the followers of one leader's partitions are staggered, so that when a broker stops,
    /// its load falls on all others and not on one neighbour.
    /// </summary>
    /// <param name="brokers">Live nodes, in a fixed order, at least <paramref name="replicationFactor"/>.</param>
    /// <param name="start">Moves the first leader on, so that topics of one partition do not all meet on one broker.</param>
    /// <returns>Per partition its replicas, the leader first.</returns>
    public static ImmutableList<PartitionState> Spread(
        IReadOnlyList<int> brokers, int partitions, int replicationFactor, int start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(replicationFactor, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(brokers.Count, replicationFactor);

        var count = brokers.Count;
        return ImmutableList.CreateRange(Enumerable.Range(0, partitions).Select(partition =>
        {
            var leader = (int)(((long)start + partition) % count);
            var replicas = ImmutableArray.CreateBuilder<int>(replicationFactor);
            replicas.Add(brokers[leader]);
            // Each round of leaders shifts its followers by one: 1,2,3 … then 1,3,2 …
            var shift = partition / count;
            for (var i = 1; i < replicationFactor; i++)
                replicas.Add(brokers[(leader + 1 + (shift + i - 1) % (count - 1)) % count]);
            return PartitionState.New(replicas.MoveToImmutable());
        }));
    }
}
