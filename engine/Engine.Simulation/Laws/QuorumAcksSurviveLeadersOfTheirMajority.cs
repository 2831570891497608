namespace Engine.Simulation.Laws;

/// <summary>
/// What a majority had when it was acknowledged is lost by no leader that was one of those who had it. One that was not may lose it:
/// that is the price of not waiting for the slowest that may be elected.
/// </summary>
internal sealed class QuorumAcksSurviveLeadersOfTheirMajority : Law
{
    private readonly List<bool> _isLost = [];
    private int _reign = -1;
    private int _leader = -1;

    public override string? Broken(Schedule schedule)
    {
        var vouches = schedule.Witness.Vouches;
        var isNewReign = false;
        foreach (var node in schedule.Nodes)
        {
            if (node.Replica is not { State.IsLeader: true } replica || replica.State.LeaderEpoch <= _reign) continue;
            (_reign, _leader, isNewReign) = (replica.State.LeaderEpoch, node.Id, true);
        }

        // All of them with a new leader, the new ones else.
        for (var i = isNewReign ? 0 : _isLost.Count; i < vouches.Count; i++)
        {
            if (i == _isLost.Count) _isLost.Add(!vouches[i].IsPromised);
            var vouched = vouches[i];
            if (_isLost[i] || _leader < 0 || schedule.Nodes[_leader].Disk.Holds(vouched.Batch, vouched.BaseOffset)) continue;

            if ((vouched.Holders & (1u << _leader)) != 0)
                return $"batch {vouched.Batch} was acknowledged while node {_leader} had it; it leads in epoch {_reign} and has it no more";
            _isLost[i] = true;
            schedule.Witness.LostQuorumAcks++;
        }

        return null;
    }
}
