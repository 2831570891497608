namespace Engine.Core.Cluster;

/// <summary>Whether a node's session still holds, by the node's own monotonic clock.</summary>
/// <remarks>
/// A session that was over does not hold again just because the node is heard again: what the others decided meanwhile must be known
/// and acted on first. So each gap between two renewals is counted, and closed by whoever has caught up. Renewed by one thread only.
/// </remarks>
/// <param name="length">A renewal counts for so long, and not an instant longer.</param>
/// <param name="start">When the first session began.</param>
public sealed class SessionClock(TimeSpan length, Instant start)
{
    private long _last = start.Nanoseconds;
    private long _gaps;
    private long _closedGaps;

    /// <summary>The last renewal.</summary>
    public Instant Last => new(Volatile.Read(ref _last));

    /// <summary>How many sessions have ended so far.</summary>
    public long Gaps => Volatile.Read(ref _gaps);

    /// <summary>Whether the others still count on the node.</summary>
    public bool HoldsAt(Instant now) => Volatile.Read(ref _gaps) == Volatile.Read(ref _closedGaps) && !IsOverAt(now);

    /// <summary>Whether the session has ended by then unless it is renewed before; a renewal at that moment begins another one.</summary>
    public bool IsOverAt(Instant moment) => moment - Last >= length;

    /// <summary>The session was over, or may have been: <see cref="HoldsAt"/> is false until that is made up for.</summary>
    public void CountGap() => Interlocked.Increment(ref _gaps);

    /// <summary>What was missed in all gaps up to the one of this number is known and acted on.</summary>
    public void CloseGaps(long gaps) => Volatile.Write(ref _closedGaps, gaps);

    /// <summary>Counts from <paramref name="moment"/>. A gap that this ends must have been counted before.</summary>
    public void Renew(Instant moment) => Volatile.Write(ref _last, moment.Nanoseconds);
}
