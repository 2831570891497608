namespace Harness.Load.Running;

/// <summary>How the threads of a run tell each other to stop, and why. Thread-safe.</summary>
internal sealed class RunControl
{
    private readonly Lock _lock = new();
    private readonly List<string> _problems = [];
    private volatile bool _stopping;

    /// <summary>Whether everybody is to leave at once.</summary>
    public bool Stopping => _stopping;

    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_lock) return [.. _problems];
        }
    }

    /// <summary>Ends the run; it will be marked as failed for this reason.</summary>
    public void Fail(string problem)
    {
        lock (_lock) _problems.Add(problem);
        _stopping = true;
    }
}
