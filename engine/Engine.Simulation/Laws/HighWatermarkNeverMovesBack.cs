namespace Engine.Simulation.Laws;

/// <summary>What a running replica knows to be committed stays so.</summary>
internal sealed class HighWatermarkNeverMovesBack : Law
{
    private readonly (int Life, long HighWatermark)[] _before = new (int, long)[16];

    public override string? Broken(Schedule schedule)
    {
        foreach (var node in schedule.Nodes)
        {
            if (node.Replica is not { } replica) continue;
            ref var before = ref _before[node.Id];
            var now = replica.State.HighWatermark;
            if (before.Life == node.Life && now < before.HighWatermark) return $"node {node.Id}: from {before.HighWatermark} to {now}";
            before = (node.Life, now);
        }

        return null;
    }
}
