namespace Engine.Simulation.Laws;

/// <summary>Everything that was ever committed is on some node's disk. Source: NoCommittedRecordLostGlobally of kip_966_properties.tla.</summary>
internal sealed class CommittedRecordsAreStillSomewhere : Law
{
    private (long Committed, long Logs) _checked;

    public override string? Broken(Schedule schedule)
    {
        var (witness, logs) = (schedule.Witness, 0L);
        foreach (var node in schedule.Nodes) logs += node.Disk.Version;
        if (_checked == (witness.CommittedEnd, logs)) return null;

        _checked = (witness.CommittedEnd, logs);
        foreach (var node in schedule.Nodes)
            if (node.Disk.ChainAt(witness.CommittedEnd) == witness.CommittedChain) return null;
        return $"no node has all that is committed before {witness.CommittedEnd}";
    }
}
