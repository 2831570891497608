namespace Engine.Broker.Network;

/// <summary>Something to do that may wait for the disk. It takes a step and queues itself again if there is more to do.</summary>
internal interface IDiskWork
{
    /// <summary>Runs on a disk thread. Must not throw.</summary>
    void Run();
}

/// <summary>The few threads of a transport that wait for the disk so that none of its others has to.</summary>
/// <remarks>
/// Work is begun in the order it was posted. As each piece of work is a bounded step, many readers of cold data take turns, and
/// the last to come waits for one step of each of the others. Threads start when they are first needed. Posting allocates
/// nothing once warm.
/// </remarks>
internal sealed class DiskThreads(int most) : IDisposable
{
    private readonly object _gate = new(); // a monitor: idle threads wait on it
    private readonly Queue<IDiskWork> _work = new();
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _stopping;

    /// <summary>Has a thread run the work soon. Any thread.</summary>
    /// <returns>False when the threads are ending: it will not run.</returns>
    public bool Post(IDiskWork work)
    {
        lock (_gate)
        {
            if (_stopping) return false;
            _work.Enqueue(work);
            if (_idle < _work.Count && _threads.Count < most) StartThread();
            Monitor.Pulse(_gate);
            return true;
        }
    }

    /// <summary>Finishes what was posted and ends the threads; waits for that, unless it is one of them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads)
            if (thread != Thread.CurrentThread) thread.Join();
    }

    private void StartThread()
    {
        var thread = new Thread(Run) { Name = $"disk-{_threads.Count}", IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Run()
    {
        while (true)
        {
            IDiskWork? work;
            lock (_gate)
            {
                _idle++;
                while (!_work.TryDequeue(out work))
                {
                    if (_stopping) return;
                    Monitor.Wait(_gate);
                }

                _idle--;
            }

            work.Run();
        }
    }
}
