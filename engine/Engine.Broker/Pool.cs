namespace Engine.Broker;

/// <summary>Objects for reuse, last in first out. Thread-safe. Holds as many as were ever in use at once.</summary>
internal sealed class Pool<T>(Func<T> create)
    where T : class
{
    private readonly Stack<T> _spare = new();
    private readonly Lock _lock = new();

    public T Rent()
    {
        lock (_lock)
            if (_spare.TryPop(out var spare)) return spare;
        return create();
    }

    public void Return(T item)
    {
        lock (_lock) _spare.Push(item);
    }
}
