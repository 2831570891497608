namespace Engine.Broker.Waiting;

/// <summary>A request that is parked until partitions reach offsets or its deadline passes, whichever is first, exactly once.</summary>
/// <remarks>
/// Reused without allocation. Each use is an arming with a token; wake-ups of an earlier use carry an old token and do
/// nothing, so a partition or the clock may hold on to a wait that is long over. Wake-ups come from any thread, after that
/// thread has left all locks, and run what follows (the answer is sent) there and then: no hand-over, no thread switch.
/// Between <see cref="Arm"/> and <see cref="Release"/> the wait is still being registered and does not complete.
/// </remarks>
internal abstract class OffsetWait
{
    private const long Registering = 1L << 31;
    private const long Expired = 1L << 30;
    private const long CountMask = Expired - 1;
    private const long Unfinished = Registering | CountMask;

    // Token of the current use (high half), then the flags and the count of wake-ups still to come.
    private long _state;

    /// <summary>This wait's link in the timing wheel; see <see cref="Deadlines"/>.</summary>
    internal DeadlineEntry Deadline { get; } = new();

    /// <summary>Whether the first wake-up ends the wait, rather than the last of those armed for.</summary>
    protected abstract bool AnyWakes { get; }

    /// <summary>One thing waited for has come.</summary>
    public void Reached(int token) => Move(token, static (state, any) =>
        (state & CountMask) == 0 ? state : any ? state & ~CountMask : state - 1);

    /// <summary>The deadline has passed.</summary>
    public void Expire(int token) => Move(token, static (state, _) =>
        (state & CountMask) == 0 ? state : (state & ~CountMask) | Expired);

    /// <summary>Begins a use that ends after <paramref name="wakeups"/> wake-ups, and not before <see cref="Release"/>.</summary>
    /// <returns>The token that wake-ups of this use carry.</returns>
    protected int Arm(int wakeups)
    {
        var token = (int)(Volatile.Read(ref _state) >> 32) + 1;
        Volatile.Write(ref _state, ((long)token << 32) | Registering | (uint)wakeups);
        return token;
    }

    /// <summary>All is registered. The wait may complete within this call, so the caller touches it no more.</summary>
    protected void Release(int token) => Move(token, static (state, _) => state & ~Registering);

    /// <summary>Goes on after the wait. Runs once a use, on the waking thread, outside all locks.</summary>
    protected abstract void Completed(bool expired);

    private void Move(int token, Func<long, bool, long> step)
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if ((int)(state >> 32) != token || (state & Unfinished) == 0) return;

            var next = step(state, AnyWakes);
            if (next == state) return;
            if (Interlocked.CompareExchange(ref _state, next, state) != state) continue;

            if ((next & Unfinished) == 0) Completed((next & Expired) != 0);
            return;
        }
    }
}
