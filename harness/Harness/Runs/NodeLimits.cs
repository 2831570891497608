using System.Globalization;
using Harness.Nodes;
using Harness.Plans;
using Harness.Systems;

namespace Harness.Runs;

/// <summary>What each node of a run may use, from its start on: CPUs, CPU time, memory. Outlives the nodes.</summary>
internal sealed class NodeLimits : IDisposable
{
    private readonly List<ControlGroup> _groups = [];
    private readonly string? _cpus;

    private NodeLimits(string? cpus) => _cpus = cpus;

    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static NodeLimits Create(string run, ClusterPlan cluster)
    {
        var limits = new NodeLimits(cluster.Cpus);
        if (cluster.NodeMemoryBytes is null && cluster.CpuQuota is null) return limits;

        var purpose = cluster.NodeMemoryBytes is null ? "cluster.cpuQuota" : "cluster.memory";
        try
        {
            for (var node = 1; node <= cluster.Nodes; node++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"{run}-{node}");
                limits._groups.Add(ControlGroup.Create(name, new ResourceLimits(cluster.NodeMemoryBytes, cluster.CpuQuota), purpose));
                limits._groups[^1].Enforce();
            }

            return limits;
        }
        catch
        {
            limits.Dispose();
            throw;
        }
    }

    /// <summary>How a node is started under them.</summary>
    public NodePlace Settle(NodePlace place) =>
        place with { Launcher = Launcher.Of(_groups.Count == 0 ? [] : _groups[place.NodeId - 1].JoinFiles, _cpus) };

    public void Dispose()
    {
        foreach (var group in _groups) group.Dispose();
    }
}
