using Engine.Core.Partitions;

namespace Engine.Core.Pushing;

/// <summary>Follower's side of one partition that its leader pushes: the run that it is in, and when that ends.</summary>
/// <remarks>
/// A pure state machine; one caller at a time. A run begins with a subscription and ends when the leader, its epoch or the log is no
/// longer what it was; then a new one begins from where the log stands, and what is still on its way in the old one is void.
/// </remarks>
public sealed class FollowedRun
{
    /// <summary>Tells runs of one partition apart on one connection.</summary>
    public int Number { get; private set; }

    /// <summary>Where the log stood when the run began.</summary>
    public FollowerPosition Start { get; private set; }

    public bool IsRunning { get; private set; }

    /// <summary>The follower subscribes, from where its log stands.</summary>
    public void Begin(in FollowerPosition position) => (Number, Start, IsRunning) = (Number + 1, position, true);

    /// <summary>Whether what was pushed in a run counts.</summary>
    public bool IsServedBy(int number) => IsRunning && Number == number;

    /// <summary>Where the log must stand for what was pushed to continue it, in the epoch of the run.</summary>
    /// <param name="hasRecords">Without records there is nothing to continue; a high watermark holds as far as the log reaches.</param>
    /// <param name="baseOffset">Where the records begin.</param>
    /// <param name="logEnd">The end of the log.</param>
    public FollowerPosition Expected(bool hasRecords, long baseOffset, long logEnd) => Start with { EndOffset = hasRecords ? baseOffset : logEnd };

    /// <summary>What was pushed has been dealt with.</summary>
    /// <param name="error">What the leader said instead of records.</param>
    /// <param name="diverges">Whether it said where the logs part.</param>
    /// <param name="goesOn">Whether all that came could be taken.</param>
    /// <param name="hasRecords">Whether there were records, which began at <paramref name="baseOffset"/>.</param>
    /// <param name="logEnd">The end of the log since.</param>
    public FollowedTurn Took(ErrorCode error, bool diverges, bool goesOn, bool hasRecords, long baseOffset, long logEnd)
    {
        var turn = diverges || error == ErrorCode.OffsetOutOfRange ? FollowedTurn.BeginsAnew
            : !goesOn || error != ErrorCode.None || (hasRecords && logEnd <= baseOffset) ? FollowedTurn.Pauses
            : hasRecords ? FollowedTurn.Acknowledges : FollowedTurn.GoesOn;
        if (turn is FollowedTurn.BeginsAnew or FollowedTurn.Pauses) IsRunning = false;
        return turn;
    }

    /// <summary>Whether what the log holds may be acknowledged in this run; where not, the run is over.</summary>
    /// <remarks>In another epoch the log may hold others' records at the same offsets: nothing is said of them to this leader.</remarks>
    public bool MayAcknowledge(in FollowerPosition now) => IsRunning &= now.IsFollower && now.LeaderEpoch == Start.LeaderEpoch;
}

/// <summary>How a run goes on after what was pushed in it.</summary>
public enum FollowedTurn
{
    GoesOn,

    /// <summary>What the log holds is to be acknowledged.</summary>
    Acknowledges,

    /// <summary>It is over; the next begins at once.</summary>
    BeginsAnew,

    /// <summary>It is over; the next begins after a pause, as asking again at once would be no use.</summary>
    Pauses,
}
