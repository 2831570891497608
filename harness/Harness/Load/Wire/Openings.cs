namespace Harness.Load.Wire;

/// <summary>Connections in the making, each by a thread of its own: one may take a whole timeout, and others are not to wait for it.</summary>
/// <remarks>For one thread, which asks from time to time.</remarks>
/// <param name="open">Connects; may block and may throw <see cref="LoadException"/>.</param>
/// <param name="pause">How long a broker that could not be reached is left alone, in nanoseconds.</param>
internal sealed class Openings<T>(Func<BrokerAddress, T> open, long pause) : IDisposable
    where T : class, IDisposable
{
    private readonly Dictionary<BrokerAddress, Task<T>> _tasks = [];
    private readonly Dictionary<BrokerAddress, long> _notBefore = [];

    /// <summary>The connection once it is there, to be asked for until then; it is the caller's own from then on.</summary>
    /// <param name="broker">Where to.</param>
    /// <param name="now">The moment.</param>
    /// <param name="refused">Whether an attempt has just failed; another one is made when asked after a pause.</param>
    public T? TryTake(BrokerAddress broker, long now, out bool refused)
    {
        refused = false;
        if (!_tasks.TryGetValue(broker, out var task))
        {
            if (now < _notBefore.GetValueOrDefault(broker)) return null;
            _tasks[broker] = Task.Factory.StartNew(() => open(broker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return null;
        }

        if (!task.IsCompleted) return null;

        _tasks.Remove(broker);
        if (task.IsCompletedSuccessfully) return task.Result;
        if (task.Exception!.InnerException is not LoadException) throw new InvalidOperationException($"connecting to {broker} broke down", task.Exception);

        _notBefore[broker] = now + pause;
        refused = true;
        return null;
    }

    /// <summary>Lets go of what was being connected and is not wanted any more.</summary>
    public void Dispose()
    {
        foreach (var task in _tasks.Values)
            task.ContinueWith(opened => { if (opened.IsCompletedSuccessfully) opened.Result.Dispose(); else _ = opened.Exception; }, TaskScheduler.Default);
        _tasks.Clear();
    }
}
