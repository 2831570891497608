using Engine.Core.Partitions;
using Engine.Core.Pushing;
using Engine.Simulation.Machines;

namespace Engine.Simulation.Nodes;

/// <summary>Follower's side of one connection to a leader that pushes: the engine's run, with what it is told.</summary>
internal sealed class PushIntake(Schedule schedule, SimulatedNode node, SimulatedReplica replica, int leader, long brokerEpoch)
{
    private readonly Pipe _pipe = new(schedule.NextConnection());
    private readonly FollowedRun _run = new();
    private (long Batches, long Frames) _taken;
    private (long Batches, long Frames) _told;
    private long _resumeAt;
    private long _beatAt;
    private long _heardAt = schedule.Now;
    private bool _isTouched;

    public long Connection => _pipe.Connection;

    public int Leader => leader;

    /// <summary>Whether this connection is as good as another for what is to be followed now.</summary>
    public bool IsFor(int other, long registration) => leader == other && brokerEpoch == registration;

    /// <summary>Whether it is broken, or the leader has said nothing for too long: it answers every beat.</summary>
    public bool IsOver => _pipe.IsBroken || schedule.Now - _heardAt > Setting.FetchTimeout;

    public void Take(PushedFrame frame)
    {
        var isOurs = frame.Connection == _pipe.Connection && _pipe.Takes(frame.Number);
        if (!isOurs && schedule.Rules.ChecksAnswers) return;

        _heardAt = schedule.Now;
        _taken = (_taken.Batches + frame.Word.Batches.Length, _taken.Frames + 1);
        if (frame.Run != 0 && (_run.IsServedBy(frame.Run) || !schedule.Rules.ChecksAnswers)) TakeServed(frame);
    }

    /// <summary>Says what there is to say: where a run begins, what the log holds, that the follower is there.</summary>
    public void Say()
    {
        var (flushes, now, setting) = (schedule.Setting.Acks.NeedsFlush, schedule.Now, schedule.Setting);
        var (subscribes, endOffset) = ((FollowerPosition?)null, -1L);
        if (!_run.IsRunning && _resumeAt <= now)
        {
            if (!replica.EnsureAcknowledgeable()) return;
            if (replica.Position() is { IsFollower: true } position)
            {
                _run.Begin(position);
                subscribes = position;
            }
            else _resumeAt = now + Setting.RetryPause;
        }
        else if (_isTouched)
        {
            _isTouched = false;
            if (!replica.EnsureAcknowledgeable()) return;
            var position = replica.Position();
            if (_run.MayAcknowledge(position)) endOffset = position.EndOffset;
            else _resumeAt = now + Setting.RetryPause;
        }

        var isBeat = now >= _beatAt;
        // What brought nothing to acknowledge has still used up the window.
        var isWindowLow = _taken.Frames - _told.Frames >= Math.Max(1, setting.PushWindowFrames / 2)
            || _taken.Batches - _told.Batches >= Math.Max(1, setting.PushWindowBatches / 2);
        if (subscribes is null && endOffset < 0 && !isBeat && !isWindowLow) return;

        if (isBeat) _beatAt = now + Setting.PushBeat;
        _told = _taken;
        var number = _pipe.NextNumber();
        schedule.Network.Send(node.Id, leader, new PushAsk(_pipe.Connection, number, brokerEpoch, _run.Number, subscribes, endOffset, flushes, isBeat)
        {
            WindowFrames = setting.PushWindowFrames,
            WindowBatches = setting.PushWindowBatches,
            FrameBatches = setting.BatchesPerFetch,
            Taken = _taken,
        });
    }

    private void TakeServed(PushedFrame frame)
    {
        var (word, hasRecords) = (frame.Word, frame.Word.Batches.Length > 0);
        var goesOn = replica.Take(_run.Expected(hasRecords, frame.BaseOffset, replica.Position().EndOffset), word);
        var turn = _run.Took(word.Error, word.Diverging is not null, goesOn, hasRecords, frame.BaseOffset, replica.Position().EndOffset);
        if (turn == FollowedTurn.Pauses) _resumeAt = schedule.Now + Setting.RetryPause;
        else if (turn == FollowedTurn.BeginsAnew) _resumeAt = 0;
        else _isTouched |= turn == FollowedTurn.Acknowledges;
    }
}
