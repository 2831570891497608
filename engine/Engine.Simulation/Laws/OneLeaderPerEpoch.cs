namespace Engine.Simulation.Laws;

/// <summary>A leader epoch names the reign of one node.</summary>
internal sealed class OneLeaderPerEpoch : Law
{
    private readonly Dictionary<int, int> _leaders = [];

    public override string? Broken(Schedule schedule)
    {
        foreach (var node in schedule.Nodes)
        {
            if (node.Replica is not { State.IsLeader: true } replica) continue;
            var epoch = replica.State.LeaderEpoch;
            if (!_leaders.TryGetValue(epoch, out var leader)) _leaders.Add(epoch, node.Id);
            else if (leader != node.Id) return $"nodes {leader} and {node.Id} lead in epoch {epoch}";
        }

        return null;
    }
}
