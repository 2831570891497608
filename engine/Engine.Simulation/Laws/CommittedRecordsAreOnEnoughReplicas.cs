namespace Engine.Simulation.Laws;

/// <summary>When records become committed, at least min.insync.replicas nodes have had them.</summary>
/// <remarks>One that lost its power counts where acknowledgements do not wait for flushes: it may have had them when it said so.</remarks>
internal sealed class CommittedRecordsAreOnEnoughReplicas : Law
{
    private long _checked;

    public override string? Broken(Schedule schedule)
    {
        var witness = schedule.Witness;
        if (witness.CommittedEnd == _checked) return null;

        _checked = witness.CommittedEnd;
        var holders = 0;
        foreach (var node in schedule.Nodes)
            if (node.HasLostPower || node.Disk.ChainAt(_checked) == witness.CommittedChain) holders++;
        return holders >= schedule.Setting.MinInSync ? null : $"what lies before {_checked} is committed and on {holders} nodes";
    }
}
