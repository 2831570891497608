using Engine.Core;

namespace Engine.Storage;

/// <summary>The node's flusher threads: they flush each log when the deadline its policy named has come.</summary>
/// <remarks>
/// Few threads for many logs: they wait in fdatasync, not in a loop. Threads start with the first deadline, so a node that
/// leaves flushing to the operating system has none. Deadlines are kept to the millisecond.
/// </remarks>
internal sealed class Flusher(Func<Instant> clock, int threads = 4) : IDisposable
{
    private readonly PriorityQueue<(LogFlush Log, Instant Due), Instant> _deadlines = new();
    private readonly List<Thread> _threads = [];
    private bool _closing;

    /// <summary>Has <see cref="LogFlush.FlushDue"/> called when <paramref name="due"/> has come. Thread-safe, allocates nothing.</summary>
    public void Schedule(LogFlush log, Instant due)
    {
        lock (_deadlines)
        {
            if (_threads.Count == 0) Start();
            var first = !_deadlines.TryPeek(out _, out var earliest) || due < earliest;
            _deadlines.Enqueue((log, due), due);
            if (first) Monitor.Pulse(_deadlines);
        }
    }

    /// <summary>Ends the threads once their current flush is done; deadlines not reached are forgotten.</summary>
    public void Dispose()
    {
        lock (_deadlines)
        {
            _closing = true;
            Monitor.PulseAll(_deadlines);
        }

        foreach (var thread in _threads) thread.Join();
    }

    private void Start()
    {
        for (var i = 0; i < threads; i++)
        {
            var thread = new Thread(Run) { Name = $"flusher {i}", IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }
    }

    private void Run()
    {
        while (TryTakeDue(out var log, out var due)) log.FlushDue(due);
    }

    private bool TryTakeDue(out LogFlush log, out Instant due)
    {
        lock (_deadlines)
        {
            while (!_closing)
            {
                var waitMilliseconds = Timeout.Infinite;
                if (_deadlines.TryPeek(out var next, out _))
                {
                    var left = next.Due - clock();
                    if (left <= TimeSpan.Zero)
                    {
                        (log, due) = _deadlines.Dequeue();
                        // The pulse that announced the next deadline may have been this thread's: pass it on.
                        if (_deadlines.Count > 0) Monitor.Pulse(_deadlines);
                        return true;
                    }

                    waitMilliseconds = (int)Math.Min(Math.Ceiling(left.TotalMilliseconds), 60_000);
                }

                Monitor.Wait(_deadlines, waitMilliseconds);
            }
        }

        log = null!;
        due = default;
        return false;
    }
}
