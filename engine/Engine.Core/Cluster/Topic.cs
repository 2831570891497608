using System.Collections.Immutable;

namespace Engine.Core.Cluster;

/// <summary>A topic as the cluster knows it now.</summary>
/// <param name="Config">What the topic sets itself.</param>
/// <param name="Partitions">By partition number.</param>
public sealed record Topic(
    string Name, Guid Id, ImmutableSortedDictionary<string, string> Config, ImmutableList<PartitionState> Partitions);

/// <summary>Who holds a partition, who leads it, and who has everything committed.</summary>
/// <param name="Replicas">The nodes that shall hold it; the first is the preferred leader.</param>
/// <param name="Leader">The node that leads it, or did when it stopped: the broker list says whether it is alive. −1: none.</param>
/// <param name="LeaderEpoch">Counts the times leadership was taken.</param>
/// <param name="Isr">The in-sync set.</param>
/// <param name="Epoch">Counts the changes of all this: what a compare-and-set compares.</param>
public sealed record PartitionState(
    ImmutableArray<int> Replicas, int Leader, int LeaderEpoch, ImmutableArray<int> Isr, int Epoch)
{
    /// <summary>
    /// Replicas beside the in-sync set that hold everything committed as well, and so may lead: those that left it when it fell below
    /// min.insync.replicas, as the high watermark stands still until it is that large again. Source: KIP-966's eligible leaders.
    /// </summary>
    public ImmutableArray<int> Eligible { get; init; } = [];

    /// <summary>A partition no record was written to: the preferred leader leads, every replica is in sync.</summary>
    public static PartitionState New(ImmutableArray<int> replicas) => new(replicas, replicas[0], 0, replicas, 0);

    /// <summary>Who may lead beside <paramref name="inSync"/>, once that is the in-sync set.</summary>
    /// <param name="minInSync">The topic's min.insync.replicas.</param>
    public ImmutableArray<int> EligibleBeside(ImmutableArray<int> inSync, int minInSync) => inSync.Length >= minInSync
        ? []
        : [.. Replicas.Where(node => !inSync.Contains(node) && (Isr.Contains(node) || Eligible.Contains(node)))];

    /// <summary>The record by which a replica takes leadership, also again, and nothing else changes.</summary>
    public PartitionChanged LedBy(int leader, Guid topicId, int index) =>
        new(topicId, index, leader, LeaderEpoch + 1, Isr, Epoch + 1) { Eligible = Eligible };

    /// <summary>The record that makes <paramref name="inSync"/> the in-sync set under the leader there is.</summary>
    /// <param name="minInSync">The topic's min.insync.replicas.</param>
    public PartitionChanged WithInSync(ImmutableArray<int> inSync, int minInSync, Guid topicId, int index) =>
        new(topicId, index, Leader, LeaderEpoch, inSync, Epoch + 1) { Eligible = EligibleBeside(inSync, minInSync) };

    /// <summary>What is wrong with a partition that claims this state, or null.</summary>
    public string? Problem()
    {
        if (Replicas.IsDefaultOrEmpty) return "it has no replicas";
        if (Replicas.Any(node => node < 0) || Replicas.Distinct().Count() != Replicas.Length)
            return $"its replicas {string.Join(",", Replicas)} are not distinct node ids";
        if (Isr.IsDefaultOrEmpty) return "its in-sync set is empty";
        if (Isr.Distinct().Count() != Isr.Length || Isr.Except(Replicas).Any())
            return $"its in-sync set {string.Join(",", Isr)} is not a subset of its replicas {string.Join(",", Replicas)}";
        if (Eligible.Distinct().Count() != Eligible.Length || Eligible.Except(Replicas).Any() || Eligible.Intersect(Isr).Any())
            return $"those that may lead beside its in-sync set {string.Join(",", Isr)} are {string.Join(",", Eligible)} of {string.Join(",", Replicas)}";
        if (Leader != -1 && !Isr.Contains(Leader))
            return $"its leader {Leader} is not in its in-sync set {string.Join(",", Isr)}";
        return LeaderEpoch < 0 || Epoch < 0 ? "an epoch is negative" : null;
    }
}
