using Harness.Plans;

namespace Harness.Systems;

/// <summary>Hands each cluster to the system that its plan names.</summary>
public sealed class ChosenSystem(params IReadOnlyList<ISystemUnderTest> systems) : ISystemUnderTest
{
    /// <summary>All there is to choose from.</summary>
    public string Name { get; } = string.Join(", ", systems.Select(system => system.Name));

    public string? WhatIsMissing(ClusterPlan cluster) => Find(cluster)?.WhatIsMissing(cluster);

    public IEnumerable<string> Problems(Plan plan) => Find(plan.Cluster)?.Problems(plan) ?? [];

    public IReadOnlyList<NodePlace> Arrange(ClusterPlan cluster, IReadOnlyList<NodePlace> places) => Find(cluster)?.Arrange(cluster, places) ?? places;

    public IReadOnlyDictionary<string, string> ShortLivedTopic(ClusterPlan cluster) => Find(cluster)?.ShortLivedTopic(cluster) ?? new Dictionary<string, string>();

    public bool ServesGroups(ClusterPlan cluster) => Find(cluster)?.ServesGroups(cluster) ?? true;

    public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop) => Find(cluster) is { } system
        ? system.Check(cluster, stop)
        : Task.FromResult(new SettingsCheck(new Dictionary<string, string>(), [$"there is no system '{cluster.System}': choose {Name}."]));

    /// <exception cref="ArgumentException">There is no such system, which <see cref="Check"/> would have said.</exception>
    public Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop) =>
        (Find(cluster) ?? throw new ArgumentException($"there is no system '{cluster.System}'", nameof(cluster))).StartNode(cluster, place, stop);

    private ISystemUnderTest? Find(ClusterPlan cluster) => systems.FirstOrDefault(system => system.Name == cluster.System);
}
