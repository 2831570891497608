using Engine.Broker.Metadata;
using Engine.Core.Cluster;

namespace Engine.Tests.Broker.Handlers;

/// <summary>A store of one process, with as many live brokers as a test wants.</summary>
internal sealed class MemoryMetadataStore : IMetadataStore
{
    private readonly List<Action<ClusterState>> _watchers = [];
    private readonly Lock _gate = new(); // Entered again by watchers that append.

    private MemoryMetadataStore()
    {
    }

    /// <summary>A cluster with live brokers 1 to <paramref name="count"/>.</summary>
    public static MemoryMetadataStore OfBrokers(int count)
    {
        var store = new MemoryMetadataStore();
        store.Append(new ClusterCreated("test-cluster"));
        for (var id = 1; id <= count; id++)
            store.Append(new BrokerRegistered(id, id, $"host{id}", 9090 + id, $"inner{id}", 9190 + id));
        return store;
    }

    public ClusterState State { get; private set; } = ClusterState.Empty;

    public bool IsController { get; set; } = true;

    public int ControllerId { get; set; } = 1;

    public bool HoldsSession { get; set; } = true;

    /// <summary>What another node does just before the next append, once.</summary>
    public ClusterRecord? Rival { get; set; }

    public int Appends { get; private set; }

    public void Append(ClusterRecord record) => State = State.Apply(record);

    /// <summary>Calls every watcher, as a store does when it is the controller from now on, or no longer.</summary>
    public void Show()
    {
        lock (_gate) _watchers.ForEach(watcher => watcher(State));
    }

    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records)
    {
        lock (_gate)
        {
            if (Rival is { } rival)
            {
                Rival = null;
                Append(rival);
            }

            if (State.Version != expectedVersion) return false;
            // Counted before it can be seen: who has seen the state may look at the count.
            Appends++;
            State = records.Aggregate(State, (state, record) => state.Apply(record));
            Show();
            return true;
        }
    }

    public bool WaitForNodes(long version, TimeSpan patience) => true;

    public IDisposable Watch(Action<ClusterState> onChange)
    {
        lock (_gate)
        {
            _watchers.Add(onChange);
            onChange(State);
        }

        return new Watching(this, onChange);
    }

    public void Dispose()
    {
    }

    private sealed class Watching(MemoryMetadataStore store, Action<ClusterState> onChange) : IDisposable
    {
        public void Dispose()
        {
            lock (store._gate) store._watchers.Remove(onChange);
        }
    }
}
