using Engine.Core.Cluster;

namespace Engine.Broker.Metadata;

/// <summary>Who wants to hear of new states, and up to which version each has.</summary>
internal sealed class MetadataWatchers
{
    // A monitor and not a Lock: those who wait sleep on it.
    private readonly object _gate = new();
    private readonly List<Watcher> _watchers = [];
    private bool _closed;

    /// <summary>Adds a watcher that has seen nothing yet.</summary>
    public IDisposable Add(Action<ClusterState> onChange)
    {
        var watcher = new Watcher(this, onChange);
        lock (_gate) _watchers.Add(watcher);
        return watcher;
    }

    /// <summary>Calls everyone who has not seen this version. One thread only.</summary>
    public void Show(ClusterState state)
    {
        while (NextBehind(state.Version) is { } watcher)
        {
            watcher.OnChange(state);
            lock (_gate)
            {
                watcher.SeenVersion = state.Version;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>What everyone has seen is to be shown once more: the state is the same, but this node's part in it is not.</summary>
    public void ShowAgain()
    {
        lock (_gate)
            foreach (var watcher in _watchers) watcher.SeenVersion = -1;
    }

    /// <summary>Sleeps until everyone has seen this version, or all is over.</summary>
    public void WaitUntilSeen(long version)
    {
        lock (_gate)
            while (!_closed && NextBehind(version) is not null) Monitor.Wait(_gate);
    }

    /// <summary>Nobody is called any more.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private Watcher? NextBehind(long version)
    {
        lock (_gate)
        {
            // By hand: this is asked a hundred times a second and need not allocate.
            foreach (var watcher in _watchers)
                if (watcher.SeenVersion < version) return watcher;
            return null;
        }
    }

    private void Remove(Watcher watcher)
    {
        lock (_gate)
        {
            _watchers.Remove(watcher);
            Monitor.PulseAll(_gate);
        }
    }

    private sealed class Watcher(MetadataWatchers owner, Action<ClusterState> onChange) : IDisposable
    {
        public Action<ClusterState> OnChange { get; } = onChange;

        public long SeenVersion { get; set; } = -1;

        public void Dispose() => owner.Remove(this);
    }
}
