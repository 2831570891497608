using Harness.Faults;

namespace Harness.Plans;

/// <summary>What of a plan takes this machine and cannot be had on hosts.</summary>
internal static class HostProblems
{
    /// <summary>A sentence each; none without hosts.</summary>
    public static IEnumerable<string> Of(Plan plan, BrokerLoad load)
    {
        var cluster = plan.Cluster;
        if (cluster.Hosts is not { } hosts) yield break;

        (string Setting, bool IsSet)[] limits =
        [
            ("cluster.memoryLimit", cluster.MemoryLimitBytes is not null), ("cluster.memory", cluster.NodeMemoryBytes is not null),
            ("cluster.cpuQuota", cluster.CpuQuota is not null), ("cluster.cpus", cluster.Cpus is not null),
        ];
        foreach (var (setting, _) in limits.Where(limit => limit.IsSet))
            yield return $"{setting} bounds processes of this machine: set it to none, or leave cluster.hosts out.";
        if (cluster.Data == DataPlace.Tmpfs)
            yield return $"cluster.data=tmpfs is this machine's: have data= in {hosts.File} name folders on a tmpfs instead.";
        if (cluster.Tls != ClientTls.None)
            yield return "cluster.tls makes its certificates on this machine: set it to none, or leave cluster.hosts out.";
        if (cluster.Strategies.ContainsKey("metadata"))
            yield return $"cluster.hosts sets the strategy of the metadata seam itself, an etcd: leave metadata out, or name an etcd in {hosts.File}.";
        if (cluster.Store == StorePlace.Etcd && hosts.Etcd.Count > 0)
            yield return $"cluster.store=etcd starts an etcd of the run's own, and {hosts.File} names one: leave one of the two out.";

        foreach (var step in plan.Faults.Steps.Where(step => step.Fault.Needs != FaultNeeds.None))
            yield return $"faults: {step.Text} takes networks, disks or a tracer of this machine: on hosts there are kill, pause and restart.";

        if (load.CountCalls) yield return "load.countCalls counts calls of this machine's processes: set it to false, or leave cluster.hosts out.";
        if (load.Beside != Antagonist.None)
            yield return "load.beside keeps this machine busy, which the nodes are not on: set it to none, or leave cluster.hosts out.";
        if (load is ReadLoad { PageCache: PageCache.Cold } or ProduceLoad { BacklogBytes: > 0 })
            yield return "cold records cannot be had on hosts, only on this machine: set load.pageCache=hot or load.backlog=0B, or leave cluster.hosts out.";
    }
}
