namespace Engine.Simulation.Laws;

/// <summary>Whoever leads by the store's word, and knows it, has every record that was ever committed. Source: Raft's leader completeness.</summary>
internal sealed class LeadersHoldEverythingCommitted : Law
{
    private (int Epoch, int Log, long Committed) _checked;

    public override string? Broken(Schedule schedule)
    {
        var (partition, witness) = (schedule.PartitionOf(schedule.Store.State), schedule.Witness);
        if (partition.Leader < 0) return null;
        var leader = schedule.Nodes[partition.Leader];
        if (leader.Replica is not { State.IsLeader: true } replica || replica.State.LeaderEpoch != partition.LeaderEpoch) return null;

        var now = (partition.LeaderEpoch, leader.Disk.Version, witness.CommittedEnd);
        if (now == _checked) return null;
        _checked = now;
        return leader.Disk.ChainAt(witness.CommittedEnd) == witness.CommittedChain ? null
            : $"node {leader.Id} leads, ends at {leader.Disk.EndOffset} and lacks some of what is committed up to {witness.CommittedEnd}";
    }
}
