namespace Engine.Simulation.Laws;

/// <summary>Any replica that the store would let lead has every record that was ever committed.</summary>
/// <remarks>But for one that is away and will say, when it comes back, that it may have lost some: it then hands its place to others.</remarks>
internal sealed class WhoeverMayBeElectedHoldsEverythingCommitted : Law
{
    private (long State, long Committed, long Logs, int Away) _checked;

    public override string? Broken(Schedule schedule)
    {
        // Most events change nothing that this depends on.
        var (logs, away) = (0L, 0);
        foreach (var node in schedule.Nodes)
        {
            logs += node.Disk.Version;
            if (node.MayHaveLost) away |= 1 << node.Id;
        }

        var now = (schedule.Store.State.Version, schedule.Witness.CommittedEnd, logs, away);
        if (now == _checked) return null;
        _checked = now;

        var (witness, partition) = (schedule.Witness, schedule.PartitionOf(schedule.Store.State));
        var isOnly = partition.Isr.Length + partition.Eligible.Length == 1;
        foreach (var id in partition.Isr)
            if (Lacks(id)) return Say(id);
        foreach (var id in partition.Eligible)
            if (Lacks(id)) return Say(id);
        return null;

        bool Lacks(int id)
        {
            var node = schedule.Nodes[id];
            return (!node.MayHaveLost || isOnly) && node.Disk.ChainAt(witness.CommittedEnd) != witness.CommittedChain;
        }

        string Say(int id) =>
            $"node {id}, which ends at {schedule.Nodes[id].Disk.EndOffset}, may lead (in sync {string.Join(',', partition.Isr)}, eligible " +
            $"{string.Join(',', partition.Eligible)}) and lacks some of what is committed up to {witness.CommittedEnd}";
    }
}
