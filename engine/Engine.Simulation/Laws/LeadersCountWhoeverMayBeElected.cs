using System.Collections.Immutable;

namespace Engine.Simulation.Laws;

/// <summary>A leader that may commit waits for everybody who may lead next. Source: ReplicationQuorumSuperset of kip_966_properties.tla.</summary>
internal sealed class LeadersCountWhoeverMayBeElected : Law
{
    public override string? Broken(Schedule schedule)
    {
        var partition = schedule.PartitionOf(schedule.Store.State);
        if (partition.Leader < 0 || schedule.Nodes[partition.Leader].Replica is not { State: { IsLeader: true } state }) return null;
        if (state.LeaderEpoch != partition.LeaderEpoch || state.InSync.Count < state.MinInSync) return null;

        var counted = state.Electable;
        return Lacks(partition.Isr) ?? Lacks(partition.Eligible);

        string? Lacks(ImmutableArray<int> electable)
        {
            foreach (var node in electable)
            {
                if (!counted.Contains(state.Assignment.IndexOf(node)))
                    return $"node {partition.Leader} leads and does not wait for node {node}, which may lead next";
            }

            return null;
        }
    }
}
