using Engine.Core.Cluster;
using Engine.Core.Partitions;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <content>How a node comes by the records of the leader that it follows: it fetches them, or has them pushed to it.</content>
internal sealed partial class SimulatedNode
{
    private readonly bool _isPushedTo;
    private Fetch? _asked;
    private PushIntake? _intake;
    private long _fetchDeadline;
    private int _token;

    /// <summary>Time passes: an answer that does not come is no longer waited for, and a leader that pushes hears of this node.</summary>
    private void FollowOn()
    {
        if (_asked is not null && Schedule.Now >= _fetchDeadline)
        {
            Schedule.Network.Reconnect(Id, _asked.To);
            _asked = null;
            if (!_rules.LeavesElectionsToTheStore) TakeOver(Schedule.PartitionOf(Seen));
            Follow();
        }

        if (_intake is not null) Follow();
    }

    private void TakeOver(PartitionState from) => Replica?.Update(
        new PartitionAssignment(Id, from.LeaderEpoch + 1, from.Epoch + 1, [.. from.Replicas], [Id]));

    /// <summary>Asks the leader for what comes next, unless that is under way.</summary>
    private void Follow()
    {
        if (Replica is not { } replica || replica.State.IsLeader || !IsMember) return;
        var leader = replica.State.Leader;
        if (leader < 0 || !Seen.IsAlive(leader)) return;
        if (_isPushedTo)
        {
            FollowPushes(replica, leader);
            return;
        }

        if (_asked is { } asked && asked.To == leader && asked.LeaderEpoch == replica.State.LeaderEpoch && asked.BrokerEpoch == BrokerEpoch) return;

        if (!replica.EnsureAcknowledgeable()) return;
        var position = replica.Position();
        _asked = new Fetch(++_token, Id, BrokerEpoch, position.LeaderEpoch, position.EndOffset, position.LastEpoch, Schedule.Setting.Acks.NeedsFlush);
        _fetchDeadline = Schedule.Now + Setting.FetchTimeout;
        Send(leader, _asked);
    }

    private void FollowPushes(SimulatedReplica replica, int leader)
    {
        if (_intake is { IsOver: true })
        {
            Schedule.Network.Reconnect(Id, _intake.Leader);
            _intake = null;
        }

        if (_intake?.IsFor(leader, BrokerEpoch) != true) _intake = new PushIntake(Schedule, this, replica, leader, BrokerEpoch);
        _intake.Say();
    }

    private void Take(FetchAnswer answer)
    {
        var isAwaited = _asked is not null && answer.Asked.Token == _asked.Token;
        if (!isAwaited && _rules.ChecksAnswers) return;

        if (isAwaited) _asked = null;
        var asked = new FollowerPosition(answer.Asked.LeaderEpoch, answer.Asked.Offset, answer.Asked.LastEpoch, LogStartOffset: -1, IsFollower: true);
        var goesOn = Replica?.Take(asked, answer.Word) ?? false;
        if (!IsUp) return;
        if (goesOn) Follow();
        else SetTimer(FollowTimer, Setting.RetryPause);
    }
}
