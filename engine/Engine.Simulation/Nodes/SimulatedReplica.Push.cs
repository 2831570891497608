using Engine.Core;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <content>What a leader does for followers that it pushes to.</content>
internal sealed partial class SimulatedReplica
{
    private readonly PushedFollower?[] _streams;

    /// <summary>Leader: a frame of a follower. Its first on a connection ends its older one.</summary>
    public void Take(PushAsk ask)
    {
        if (ask.Number == 0 && (_streams[ask.From] is not { } before || before.Connection < ask.Connection))
            _streams[ask.From] = new PushedFollower(this, _node, ask.From, ask.Connection);
        _streams[ask.From]?.Take(ask);
        Wake();
    }

    /// <summary>Leader: looks at the log as for a fetch by a follower that subscribes.</summary>
    public LeaderWord Begin(Fetch asked, int mostBatches, out long bound) => Look(asked, mostBatches, out bound);

    /// <summary>Leader: what comes next for a follower, in the epoch in which it began to follow. Acknowledges nothing.</summary>
    /// <param name="bound">The offset up to which was looked.</param>
    /// <param name="next">Where the records end; -1 where they were cut short.</param>
    public LeaderWord ReadOn(int leaderEpoch, long offset, int mostBatches, out long bound, out long next)
    {
        (bound, next) = (_disk.EndOffset, -1);
        if (_rules.Fences(State, leaderEpoch) is not ErrorCode.None and var fenced) return LeaderWord.Failed(fenced);
        if (offset < _disk.StartOffset || offset > _disk.EndOffset) return OutOfRange();

        var word = Say(_disk.Read(offset, bound, mostBatches));
        if (word.Batches.Length > 0 && word.Batches[^1].NextOffset == bound) next = bound;
        return word;
    }

    /// <summary>Leader: a follower says what it holds, in the epoch in which it began to follow.</summary>
    /// <returns>Why that does not count, or none.</returns>
    public ErrorCode FollowerHolds(int replica, int leaderEpoch, long endOffset, bool isFlushed, long brokerEpoch)
    {
        if (_rules.Fences(State, leaderEpoch) is not ErrorCode.None and var fenced) return fenced;
        if (endOffset > _disk.EndOffset) return ErrorCode.OffsetOutOfRange;

        var registration = _rules.FencesRegistrations ? brokerEpoch : -1;
        if (!State.FollowerAcknowledged(replica, endOffset, new Instant(_schedule.Now), _effects, isFlushed ? endOffset : -1, registration))
            return ErrorCode.NotLeaderOrFollower;
        Execute();
        return ErrorCode.None;
    }

    /// <summary>What is said of the log where there is nothing to send.</summary>
    public LeaderWord Tell() => Say([]);

    /// <summary>Whether the log has grown past an offset, or is not led here any more.</summary>
    public bool IsPast(long offset) => !State.IsLeader || _disk.EndOffset > offset;
}
