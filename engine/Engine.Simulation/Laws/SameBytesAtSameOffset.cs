namespace Engine.Simulation.Laws;

/// <summary>Below any two replicas' high watermarks lie the same records at the same offsets, now and ever.</summary>
internal sealed class SameBytesAtSameOffset : Law
{
    private readonly (int Version, long HighWatermark)[] _checked = new (int, long)[16];

    public override string? Broken(Schedule schedule)
    {
        foreach (var node in schedule.Nodes)
        {
            if (node.Replica is not { } replica) continue;
            var highWatermark = replica.State.HighWatermark;
            // What was committed does not change, so the same log need not be looked at again.
            if (_checked[node.Id] == (node.Disk.Version, highWatermark)) continue;
            if (highWatermark <= node.Disk.StartOffset) continue; // Nothing of what lies before it is there.
            if (highWatermark > schedule.Witness.CommittedEnd)
                return $"node {node.Id} takes for committed what lies before {highWatermark}; it was up to {schedule.Witness.CommittedEnd}";
            if (node.Disk.ChainAt(highWatermark) is not { } chain || chain != schedule.Witness.ChainAt(highWatermark))
                return $"node {node.Id} holds other records before its high watermark {highWatermark} than were committed";
            _checked[node.Id] = (node.Disk.Version, highWatermark);
        }

        return null;
    }
}
