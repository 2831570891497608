namespace Engine.Core.Pushing;

/// <summary>Leader's side of one partition that is pushed to one follower, from a subscription to its end: what is looked at and told.</summary>
/// <remarks>
/// A pure state machine. Where it stands in the log belongs to whoever sends; what the follower has acknowledged, and whether the run can
/// go on, is told by whoever hears the follower, at the same time where those are two threads. A slice that was cut short, so that only
/// its batches could say where it ends, is not followed by another until the follower has said so: nobody reads batches to push them.
/// </remarks>
/// <param name="start">The end of the follower's log when it subscribed.</param>
public sealed class PushedRun(long start)
{
    private volatile bool _isOver;

    /// <summary>Whether the follower's log was found to agree with the leader's.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>The offset to send from; -1 while only the follower's next acknowledgement can tell.</summary>
    public long Next { get; private set; } = start;

    /// <summary>Where the last slice began.</summary>
    public long SentFrom { get; private set; }

    /// <summary>The high watermark that the follower was told last; -1 before it was told any.</summary>
    public long ToldHighWatermark { get; private set; } = -1;

    /// <summary>Why it cannot go on, found out apart from reading.</summary>
    public ErrorCode Failure { get; private set; }

    public bool IsOver => _isOver;

    /// <summary>What to do to have something to tell.</summary>
    public PushedStep Step =>
        _isOver ? PushedStep.Nothing
        : Failure != ErrorCode.None ? PushedStep.Fail
        : Next < 0 ? PushedStep.Tell
        : IsBegun ? PushedStep.ReadOn : PushedStep.Begin;

    /// <summary>The log was looked at, from <see cref="Next"/> on, or the run has failed.</summary>
    /// <param name="fails">Whether there is an error or a divergence to tell instead of records.</param>
    /// <param name="length">Bytes of records found.</param>
    /// <param name="bound">The offset up to which was looked.</param>
    /// <param name="next">Where the records end; -1 where they were cut short.</param>
    /// <param name="highWatermark">The leader's, which goes with them.</param>
    /// <param name="isFirst">Whether they are the first records of their frame, so that nothing else had cut them short.</param>
    public PushedTurn Looked(bool fails, int length, long bound, long next, long highWatermark, bool isFirst)
    {
        if (fails)
        {
            End();
            return new PushedTurn(PushedWord.Ends, -1);
        }

        IsBegun = true;
        // Cut short by what is in the frame already: sent whole in the next, it need not wait for the follower's word.
        if (!isFirst && bound > Next && (length == 0 || next < 0)) return new PushedTurn(PushedWord.DoesNotFit, -1);
        if (length == 0) return new PushedTurn(Owes(highWatermark) ? PushedWord.HighWatermark : PushedWord.Nothing, Math.Max(bound, Next));

        (SentFrom, Next, ToldHighWatermark) = (Next, next, highWatermark);
        return new PushedTurn(PushedWord.Records, next);
    }

    /// <summary>The follower was told how far the partition is committed.</summary>
    public void Told(long highWatermark) => ToldHighWatermark = highWatermark;

    /// <summary>Whether the follower is to hear that the partition is committed this far.</summary>
    public bool Owes(long highWatermark) => highWatermark > ToldHighWatermark;

    /// <summary>The follower holds everything before an offset.</summary>
    /// <returns>Whether it is to be sent from there on now, as that was not known before.</returns>
    public bool Acknowledged(long endOffset)
    {
        if (Next >= 0 || endOffset <= SentFrom) return false;

        Next = endOffset;
        return true;
    }

    /// <summary>It cannot go on; the follower is to be told why.</summary>
    public void Fail(ErrorCode why) => Failure = why;

    /// <summary>Nothing is told of it any more.</summary>
    public void End() => _isOver = true;
}

/// <summary>What a leader does to have something to tell of a run.</summary>
public enum PushedStep
{
    /// <summary>It is over.</summary>
    Nothing,

    /// <summary>Tell why it cannot go on.</summary>
    Fail,

    /// <summary>Tell how far the partition is committed; what comes next is not known.</summary>
    Tell,

    /// <summary>Look as for a fetch by the follower: epochs, divergence and bounds, and its end is its first acknowledgement.</summary>
    Begin,

    /// <summary>Read on from where the last records ended; that acknowledges nothing.</summary>
    ReadOn,
}

/// <summary>What is told of a run after it was looked at.</summary>
public enum PushedWord
{
    Nothing,

    /// <summary>Why it ends: nothing follows.</summary>
    Ends,

    /// <summary>Nothing in this frame: it is for the next.</summary>
    DoesNotFit,

    /// <summary>How far the partition is committed.</summary>
    HighWatermark,

    Records,
}

/// <param name="WatchPast">The run is to be looked at again once the log has grown past this offset; -1: not for that.</param>
public readonly record struct PushedTurn(PushedWord Word, long WatchPast);
