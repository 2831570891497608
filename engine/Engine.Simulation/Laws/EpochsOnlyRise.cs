using Engine.Simulation.Machines;

namespace Engine.Simulation.Laws;

/// <summary>No node goes back to an earlier leader or state, and along a log the leader epochs never fall.</summary>
internal sealed class EpochsOnlyRise : Law
{
    private readonly Seen[] _seen = new Seen[16];

    public override string? Broken(Schedule schedule)
    {
        foreach (var node in schedule.Nodes)
        {
            ref var seen = ref _seen[node.Id];
            if (seen.Version != node.Disk.Version)
            {
                if (FallsAlong(node.Disk.Batches, ref seen.Batches) is { } offset) return $"node {node.Id}: the leader epoch falls at offset {offset} of its log";
                seen.Version = node.Disk.Version;
            }

            if (node.Replica is not { } replica) continue;

            var (leader, partition) = (replica.State.LeaderEpoch, replica.State.PartitionEpoch);
            if (seen.Life == node.Life && (leader < seen.LeaderEpoch || partition < seen.PartitionEpoch))
                return $"node {node.Id}: from leader epoch {seen.LeaderEpoch} and partition epoch {seen.PartitionEpoch} to {leader} and {partition}";
            (seen.Life, seen.LeaderEpoch, seen.PartitionEpoch) = (node.Life, leader, partition);
        }

        return null;
    }

    private static long? FallsAlong(ReadOnlySpan<StoredBatch> log, ref int looked)
    {
        // One before the end again: it may be another than it was.
        for (var i = Math.Max(1, Math.Min(looked - 1, log.Length)); i < log.Length; i++)
            if (log[i].Epoch < log[i - 1].Epoch) return log[i].BaseOffset;
        looked = log.Length;
        return null;
    }

    private struct Seen
    {
        public int Version;
        public int Batches;
        public int Life;
        public int LeaderEpoch;
        public int PartitionEpoch;
    }
}
