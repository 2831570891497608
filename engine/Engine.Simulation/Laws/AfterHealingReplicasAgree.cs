namespace Engine.Simulation.Laws;

/// <summary>Once nothing goes wrong any more, all replicas soon are in sync with the same log, and consumers have read it.</summary>
internal sealed class AfterHealingReplicasAgree : Law
{
    public override string? Broken(Schedule schedule)
    {
        if (!schedule.IsOver || schedule.IsSettled()) return null;

        var partition = schedule.PartitionOf(schedule.Store.State);
        var nodes = schedule.Nodes.Where(node => node.IsReplica).Select(node =>
            $"node {node.Id} {(node.Replica is { } replica ? $"{replica.State.Leader}/{replica.State.LeaderEpoch} committed {replica.State.HighWatermark}" : "is down")} ends at {node.Disk.EndOffset}");
        return $"leader {partition.Leader} in epoch {partition.LeaderEpoch}, in sync {string.Join(',', partition.Isr)}; " +
            $"{string.Join("; ", nodes)}; the consumer is at {schedule.Consumer.Position}";
    }
}
