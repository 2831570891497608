using Engine.Simulation.Machines;

namespace Engine.Simulation.Laws;

/// <summary>Where two logs have a batch of the same epoch at the same offset, they are the same up to there. Source: Raft's log matching.</summary>
internal sealed class LogsThatAgreeAtAnOffsetAgreeBeforeIt : Law
{
    private readonly int[] _versions = new int[16];

    public override string? Broken(Schedule schedule)
    {
        foreach (var node in schedule.Nodes)
        {
            if (_versions[node.Id] == node.Disk.Version) continue;
            _versions[node.Id] = node.Disk.Version;
            foreach (var other in schedule.Nodes)
            {
                if (other != node && LastCommon(node.Disk.Batches, other.Disk.Batches) is { } last && last.Here.Chain != last.There.Chain)
                    return $"nodes {node.Id} and {other.Id} both have epoch {last.Here.Epoch} at {last.Here.BaseOffset}, and others before";
            }
        }

        return null;
    }

    private static (StoredBatch Here, StoredBatch There)? LastCommon(ReadOnlySpan<StoredBatch> here, ReadOnlySpan<StoredBatch> there)
    {
        var (i, j) = (here.Length - 1, there.Length - 1);
        while (i >= 0 && j >= 0)
        {
            if (here[i].BaseOffset > there[j].BaseOffset) i--;
            else if (here[i].BaseOffset < there[j].BaseOffset) j--;
            else if (here[i].Epoch == there[j].Epoch) return (here[i], there[j]);
            else (i, j) = (i - 1, j - 1);
        }

        return null;
    }
}
