using Engine.Core;

namespace Engine.Broker.Waiting;

/// <summary>Ends parked requests whose time is over: a timing wheel on a thread of its own.</summary>
/// <remarks>
/// Adding and cancelling are O(1) and allocate nothing, as nearly every wait is cancelled because what it waited for came.
/// A deadline is met up to one tick late, never early.
/// </remarks>
internal sealed class Deadlines : IDisposable
{
    private static readonly TimeSpan TickLength = TimeSpan.FromMilliseconds(10);
    private const int Slots = 1024; // x 10 ms: longer deadlines stay in their slot for more than one round

    private readonly DeadlineEntry[] _slots = [.. Enumerable.Range(0, Slots).Select(_ => DeadlineEntry.Ring())];
    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _stop = new(initialState: false, spinCount: 0); // each tick would spin in vain first
    private readonly Thread _thread;
    private readonly Instant _start = MonotonicClock.Now;
    private long _tick;

    public Deadlines()
    {
        _thread = new Thread(Run) { Name = "deadlines", IsBackground = true };
        _thread.Start();
    }

    public void Add(OffsetWait wait, int token, TimeSpan delay)
    {
        var entry = wait.Deadline;
        lock (_lock)
        {
            entry.Unlink();
            (entry.Wait, entry.Token) = (wait, token);
            // One tick more than the delay holds: the current one has partly passed already.
            entry.DueTick = _tick + 1 + (delay.Ticks + TickLength.Ticks - 1) / TickLength.Ticks;
            entry.LinkBefore(_slots[entry.DueTick % Slots]);
        }
    }

    public void Cancel(OffsetWait wait)
    {
        lock (_lock) wait.Deadline.Unlink();
    }

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var due = new List<(OffsetWait Wait, int Token)>();
        while (!_stop.Wait(TickLength))
        {
            var target = (MonotonicClock.Now - _start).Ticks / TickLength.Ticks;
            lock (_lock)
            {
                while (_tick < target)
                {
                    _tick++;
                    var ring = _slots[_tick % Slots];
                    for (var entry = ring.Next; entry != ring;)
                    {
                        var next = entry.Next;
                        if (entry.DueTick <= _tick)
                        {
                            due.Add((entry.Wait!, entry.Token));
                            entry.Unlink();
                        }

                        entry = next;
                    }
                }
            }

            foreach (var (wait, token) in due) wait.Expire(token);
            due.Clear();
        }
    }
}

/// <summary>A wait's place in the timing wheel: a link in a slot's ring, or alone.</summary>
internal sealed class DeadlineEntry
{
    public DeadlineEntry() => Next = Previous = this;

    public DeadlineEntry Next { get; private set; }

    public DeadlineEntry Previous { get; private set; }

    public OffsetWait? Wait { get; set; }

    public int Token { get; set; }

    public long DueTick { get; set; }

    public static DeadlineEntry Ring() => new();

    public void LinkBefore(DeadlineEntry other)
    {
        (Previous, Next) = (other.Previous, other);
        Previous.Next = this;
        other.Previous = this;
    }

    public void Unlink()
    {
        Previous.Next = Next;
        Next.Previous = Previous;
        Next = Previous = this;
    }
}
