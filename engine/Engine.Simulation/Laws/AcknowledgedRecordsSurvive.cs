using Engine.Simulation.Nodes;

namespace Engine.Simulation.Laws;

/// <summary>What was acknowledged with acks=all is at its offset in the log of every later leader, unless it was deleted.</summary>
internal sealed class AcknowledgedRecordsSurvive : Law
{
    private int _checked;
    private int _leaderEpoch = -1;

    public override string? Broken(Schedule schedule)
    {
        var acks = schedule.Witness.Acks;
        if (Leader(schedule) is not { Replica: { } replica } leader) return null;

        // All of them with a new leader and at the end, the new ones else.
        if (replica.State.LeaderEpoch != _leaderEpoch || schedule.IsOver) (_leaderEpoch, _checked) = (replica.State.LeaderEpoch, 0);
        for (; _checked < acks.Count; _checked++)
        {
            var ack = acks[_checked];
            if (ack.IsPromised && !leader.Disk.Holds(ack.Batch, ack.BaseOffset))
                return $"batch {ack.Batch} was acknowledged at {ack.BaseOffset}; node {leader.Id}, which leads in epoch {_leaderEpoch}, does not have it there";
        }

        return null;
    }

    /// <summary>The node that the store says leads, once it does.</summary>
    private static SimulatedNode? Leader(Schedule schedule)
    {
        var partition = schedule.PartitionOf(schedule.Store.State);
        if (partition.Leader < 0) return null;
        var node = schedule.Nodes[partition.Leader];
        return node.Replica is { State.IsLeader: true } replica && replica.State.LeaderEpoch == partition.LeaderEpoch ? node : null;
    }
}
