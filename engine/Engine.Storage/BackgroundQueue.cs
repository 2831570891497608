namespace Engine.Storage;

/// <summary>One thread that does slow file work in the order it was asked for, so that nobody's append or fetch waits for it.</summary>
/// <remarks>Work must handle its own failures; one that escapes is a bug and ends the process.</remarks>
internal sealed class BackgroundQueue : IDisposable
{
    private readonly Queue<Action> _work = new();
    private readonly Thread _thread;
    private bool _closing;

    public BackgroundQueue(string name)
    {
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <returns>False when the queue is closed: the work is not done.</returns>
    public bool Post(Action work)
    {
        lock (_work)
        {
            if (_closing) return false;
            _work.Enqueue(work);
            Monitor.Pulse(_work);
            return true;
        }
    }

    /// <summary>Returns once everything posted before is done.</summary>
    public void Drain()
    {
        using var done = new ManualResetEventSlim();
        if (Post(done.Set)) done.Wait();
    }

    /// <summary>Finishes what was posted and ends the thread.</summary>
    public void Dispose()
    {
        lock (_work)
        {
            _closing = true;
            Monitor.Pulse(_work);
        }

        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            Action? work;
            lock (_work)
            {
                while (!_work.TryDequeue(out work))
                {
                    if (_closing) return;
                    Monitor.Wait(_work);
                }
            }

            work();
        }
    }
}
