namespace Harness.Load.Wire;

/// <summary>Connections in the making, each by a thread of its own: one may take a whole timeout, and others are not to wait for it.</summary>
/// <remarks>For one thread, which asks from time to time.</remarks>
/// <param name="open">Connects; may block and may throw <see cref="LoadException"/>.</param>
/// <param name="pause">How long a broker that could not be reached is left alone, in nanoseconds.</param>
internal sealed class Openings<T>(Func<BrokerAddress, T> open, long pause) : IDisposable
    where T : class, IDisposable
{
    private readonly Dictionary<BrokerAddress, Attempt> _attempts = [];
    private readonly Dictionary<BrokerAddress, long> _notBefore = [];

    /// <summary>The connection once it is there, to be asked for until then; it is the caller's own from then on.</summary>
    /// <param name="broker">Where to.</param>
    /// <param name="now">The moment.</param>
    /// <param name="isDoubtful">
    /// Whether an attempt has just failed, and another one is made when asked after a pause, or takes longer than that pause: a process
    /// that stands still is connected to, and says nothing. What was wanted of this broker may be another's by now.
    /// </param>
    public T? TryTake(BrokerAddress broker, long now, out bool isDoubtful)
    {
        isDoubtful = false;
        if (!_attempts.TryGetValue(broker, out var attempt))
        {
            if (now < _notBefore.GetValueOrDefault(broker)) return null;
            _attempts[broker] = new(Task.Factory.StartNew(() => open(broker), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default), now);
            return null;
        }

        var task = attempt.Task;
        if (!task.IsCompleted)
        {
            isDoubtful = now - attempt.Began >= pause;
            return null;
        }

        _attempts.Remove(broker);
        if (task.IsCompletedSuccessfully) return task.Result;
        if (task.Exception!.InnerException is not LoadException) throw new InvalidOperationException($"connecting to {broker} broke down", task.Exception);

        _notBefore[broker] = now + pause;
        isDoubtful = true;
        return null;
    }

    /// <summary>Lets go of what was being connected and is not wanted any more.</summary>
    public void Dispose()
    {
        foreach (var attempt in _attempts.Values)
            attempt.Task.ContinueWith(opened => { if (opened.IsCompletedSuccessfully) opened.Result.Dispose(); else _ = opened.Exception; }, TaskScheduler.Default);
        _attempts.Clear();
    }

    private readonly record struct Attempt(Task<T> Task, long Began);
}
