using Engine.Core;
using Engine.Core.Partitions;
using Engine.Core.Pushing;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>Leader's side of one connection by which it pushes: the engine's window and run, with what they are asked.</summary>
internal sealed class PushedFollower(SimulatedReplica leader, SimulatedNode node, int follower, long connection)
{
    private readonly Pipe _pipe = new(connection);
    private readonly PushWindow _window = new();
    private PushedRun? _run;
    private int _runNumber;
    private FollowerPosition _start;
    private (long EndOffset, bool IsFlushed) _held;
    private long _brokerEpoch;
    private long _watchPast = -1;
    private bool _isQueued;
    private bool _owesFrame;

    public long Connection => connection;

    public void Take(PushAsk ask)
    {
        if (ask.Connection != connection || !_pipe.Takes(ask.Number)) return;

        _window.Allow(ask.WindowBatches, ask.WindowFrames, ask.FrameBatches);
        _brokerEpoch = ask.BrokerEpoch;
        if (ask.Subscribes is { } position) Begin(ask, position);
        var refusal = leader.Refusal(follower, _brokerEpoch);
        if (ask.EndOffset >= 0 && ask.Run == _runNumber && _run is { IsOver: false } run)
        {
            _held = (ask.EndOffset, ask.IsFlushed);
            if (Acknowledge(run, refusal) && run.Acknowledged(ask.EndOffset)) _isQueued = true;
        }

        if (ask.IsBeat && _run is { IsOver: false, IsBegun: true } begun && Acknowledge(begun, refusal))
            _isQueued |= begun.Owes(leader.State.HighWatermark);
        _window.Taken(ask.Taken.Batches, ask.Taken.Frames);
        _owesFrame |= ask.IsBeat;
        SendAll();
    }

    /// <summary>The log has changed.</summary>
    public void Grown()
    {
        if (_watchPast < 0 || !leader.IsPast(_watchPast)) return;
        (_watchPast, _isQueued) = (-1, true);
        SendAll();
    }

    private void Begin(PushAsk ask, in FollowerPosition position)
    {
        (_run, _runNumber, _start) = (new PushedRun(position.EndOffset), ask.Run, position);
        _held = (position.EndOffset, ask.IsFlushed);
        (_watchPast, _isQueued) = (-1, true);
    }

    private bool Acknowledge(PushedRun run, ErrorCode refusal)
    {
        var error = refusal != ErrorCode.None ? refusal
            : leader.FollowerHolds(follower, _start.LeaderEpoch, _held.EndOffset, _held.IsFlushed, _brokerEpoch);
        if (error == ErrorCode.None) return true;

        run.Fail(error);
        _isQueued = true;
        return false;
    }

    private void SendAll()
    {
        while ((_isQueued || _owesFrame) && _window.HasRoom && !_pipe.IsBroken && node.IsUp)
        {
            var (run, from, word) = (0, -1L, (LeaderWord?)null);
            if (_isQueued)
            {
                _isQueued = false;
                if (_run is { } queued) (run, from, word) = Fill(queued);
                if (_watchPast >= 0 && leader.IsPast(_watchPast)) (_watchPast, _isQueued) = (-1, true);
            }

            if (word is null && !_owesFrame) continue;

            _owesFrame = false;
            word ??= LeaderWord.Failed(ErrorCode.None);
            _window.Sent(word.Batches.Length);
            node.Push(follower, new PushedFrame(connection, _pipe.NextNumber(), run, from, word));
        }
    }

    /// <summary>What there is to tell of the run, if anything.</summary>
    private (int Run, long From, LeaderWord? Word) Fill(PushedRun run)
    {
        if (leader.Refusal(follower, _brokerEpoch) is not ErrorCode.None and var refusal) run.Fail(refusal);
        var (from, bound, next) = (run.Next, -1L, -1L);
        LeaderWord word;
        switch (run.Step)
        {
            case PushedStep.Nothing:
                return default;
            case PushedStep.Tell:
                run.Told(leader.State.HighWatermark);
                return (_runNumber, run.SentFrom, leader.Tell());
            case PushedStep.Fail:
                word = LeaderWord.Failed(run.Failure);
                break;
            case PushedStep.Begin:
                var asked = new Fetch(0, follower, _brokerEpoch, _start.LeaderEpoch, _start.EndOffset, _start.LastEpoch, _held.IsFlushed);
                word = leader.Begin(asked, _window.Room, out bound);
                break;
            default:
                word = leader.ReadOn(_start.LeaderEpoch, from, _window.Room, out bound, out next);
                break;
        }

        var fails = word.Error != ErrorCode.None || word.Diverging is not null;
        var turn = run.Looked(fails, word.Batches.Length, bound, next, word.HighWatermark, isFirst: true);
        if (turn.WatchPast >= 0) _watchPast = turn.WatchPast;
        if (turn.Word == PushedWord.HighWatermark) run.Told(word.HighWatermark);
        return turn.Word == PushedWord.Nothing ? default : (_runNumber, from, word);
    }
}
