using Engine.Core.Cluster;
using Engine.Core.Strategies;

namespace Engine.Broker.Metadata;

/// <summary>The nodes of one machine agree through a journal in a folder they share.</summary>
/// <remarks>
/// Other nodes hear of a change from inotify, within a millisecond or so. A node lives while its process holds the lock
/// <c>node-ID.lock</c> in that folder and shows its <see cref="Heartbeat"/>: a dead process cannot do the one, a stopped one not the other.
/// The node in the <see cref="ControllerSeat"/> records those that do not. All nodes of a cluster must have the same session timeout.
/// </remarks>
internal sealed class EmbeddedMetadataStore : IMetadataStore
{
    private static readonly TimeSpan NodeLockPatience = TimeSpan.FromSeconds(1);

    // How often nodes are looked after, and the journal too, should inotify ever lose a change. A look costs some ten microseconds a
    // node, and a leader that is killed is missed for as long.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    // The same where the system has no inotify left to give: a stat costs some microseconds.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string _folder;
    private readonly int _nodeId;
    private readonly FileLock _nodeLock;
    private readonly Heartbeat _heartbeat;
    private readonly NeighbourNodes _neighbours;
    private readonly ControllerSeat _seat;
    private readonly SeenVersions _seen;

    private readonly Lock _journalLock = new();
    private readonly ClusterJournal _journal;
    private volatile ClusterState _state;

    private readonly MetadataWatchers _watchers = new();
    private readonly FileSystemWatcher? _changes;
    private readonly object _wakeGate = new();
    private readonly Thread _thread;
    private bool _woken;
    private bool _stopping;

    private EmbeddedMetadataStore(string folder, int nodeId, SessionTimes times, long compactAtBytes)
    {
        (_folder, _nodeId) = (folder, nodeId);
        PrepareFolder(folder);
        var lockPath = NeighbourNodes.LockPath(folder, nodeId);
        _nodeLock = FileLock.TryTake(lockPath, NodeLockPatience) ?? throw new MetadataException(
            $"node {nodeId} of the cluster in {folder} is running already ({FileLock.ReadDescription(lockPath)}): " +
            "stop it or choose another node id.");
        try
        {
            _heartbeat = new Heartbeat(times, Wake);
            _nodeLock.Describe(NeighbourNodes.Describe(_heartbeat));
            _neighbours = new NeighbourNodes(folder, times, _heartbeat);
            _seat = new ControllerSeat(folder, nodeId, _neighbours);
            _seen = new SeenVersions(folder, nodeId);
            _journal = ClusterJournal.Open(folder, compactAtBytes);
            _seat.Look();
        }
        catch
        {
            _seat?.Dispose();
            _seen?.Dispose();
            _neighbours?.Dispose();
            _heartbeat?.Dispose();
            _nodeLock.Dispose();
            throw;
        }

        _state = _journal.State;
        _changes = TryWatchJournal();
        _thread = new Thread(Run) { Name = "metadata", IsBackground = true };
        _thread.Start();
    }

    public static OpenMetadataStore Create(StrategySpec spec)
    {
        var compactAtBytes = spec.Bytes("compactAt", 4 << 20);
        return (folder, nodeId, times) => new EmbeddedMetadataStore(folder, nodeId, times, compactAtBytes);
    }

    public ClusterState State => _state;

    public bool IsController => _seat.IsHeld && HoldsSession;

    public int ControllerId => _seat.HolderId;

    public bool HoldsSession => _heartbeat.Session.HoldsAt(MonotonicClock.Now);

    public bool TryAppend(long expectedVersion, IReadOnlyList<ClusterRecord> records)
    {
        bool appended;
        lock (_journalLock)
        {
            appended = _journal.TryAppend(expectedVersion, records);
            _state = _journal.State;
        }

        Wake();
        if (appended && Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(expectedVersion + records.Count);
        return appended;
    }

    public bool WaitForNodes(long version, TimeSpan patience)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        // A node that dies meanwhile is waited for no longer once that is recorded.
        while (_state.LiveBrokers.Any(broker => broker.NodeId != _nodeId && _seen.Read(broker.NodeId) < version))
        {
            if (Environment.TickCount64 >= deadline) return false;
            Thread.Sleep(1);
        }

        return true;
    }

    public IDisposable Watch(Action<ClusterState> onChange)
    {
        var watcher = _watchers.Add(onChange);
        Wake();
        if (Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(_state.Version);
        return watcher;
    }

    public void Dispose()
    {
        _changes?.Dispose();
        lock (_wakeGate)
        {
            _stopping = true;
            Monitor.Pulse(_wakeGate);
        }

        _thread.Join();
        _watchers.Close();
        _seat.Dispose();
        _seen.Dispose();
        _neighbours.Dispose();
        _nodeLock.Dispose();
        _heartbeat.Dispose();
    }

    // An exception here ends the process, as the interface says.
    private void Run()
    {
        var looked = Environment.TickCount64;
        var wasController = IsController;
        while (Sleep())
        {
            var gaps = _heartbeat.Session.Gaps;
            lock (_journalLock)
            {
                if (_journal.HasChanged()) _journal.CatchUp();
                _state = _journal.State;
            }

            var isDue = Environment.TickCount64 - looked >= LookInterval.TotalMilliseconds;
            if (isDue || !HoldsSession)
            {
                _seat.Look();
                looked = Environment.TickCount64;
            }

            var shown = _state;
            _watchers.Show(shown);
            _seen.Write(shown.Version);
            // What the others decided while this node was not heard is known and acted on now.
            _heartbeat.Session.CloseGaps(gaps);
            // Only now: while a gap is open nobody is the controller, whoever holds the seat.
            if (IsController != wasController)
            {
                wasController = !wasController;
                _watchers.ShowAgain();
                _watchers.Show(shown);
            }

            if (isDue) RecordTheDead();
        }
    }

    private void Wake()
    {
        lock (_wakeGate)
        {
            _woken = true;
            Monitor.Pulse(_wakeGate);
        }
    }

    // False when it is time to stop.
    private bool Sleep()
    {
        lock (_wakeGate)
        {
            if (!_woken && !_stopping) Monitor.Wait(_wakeGate, _changes is null ? PollInterval : LookInterval);
            _woken = false;
            return !_stopping;
        }
    }

    private FileSystemWatcher? TryWatchJournal()
    {
        var changes = new FileSystemWatcher(_folder, ClusterJournal.FileName + ".*")
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        changes.Changed += (_, _) => Wake();
        changes.Created += (_, _) => Wake();
        changes.Error += (_, _) => Wake();
        try
        {
            changes.EnableRaisingEvents = true;
            return changes;
        }
        catch (IOException)
        {
            // The user's inotify instances or watches are used up.
            changes.Dispose();
            return null;
        }
    }

    private void RecordTheDead()
    {
        if (!IsController) return;
        foreach (var broker in _state.Brokers.Values)
        {
            if (broker.NodeId == _nodeId || !broker.Alive) continue;
            // Judged again with every attempt: this process may have been stopped since the last. A node that starts again takes
            // its lock before it registers, so the epoch seen here is of the life that ended.
            if (IsOver(broker.NodeId))
                this.Update(state => IsController && state.Brokers[broker.NodeId] == broker && IsOver(broker.NodeId)
                    ? [new BrokerStopped(broker.NodeId, broker.Epoch)]
                    : null);
        }
    }

    private bool IsOver(int nodeId) => !_neighbours.IsRunning(nodeId) || !_neighbours.IsHeard(nodeId);

    // A mistyped folder should not be filled with our files.
    private static void PrepareFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            if (File.Exists(Path.Combine(folder, ClusterJournal.FileName)))
            {
                throw new MetadataException(
                    $"{folder} holds the {ClusterJournal.FileName} of an earlier version: give another folder, or remove the file to begin a new cluster.");
            }

            if (ClusterJournal.NewestIn(folder) is null &&
                Directory.EnumerateFileSystemEntries(folder).Select(Path.GetFileName)
                    .FirstOrDefault(name => !IsOurs(name!)) is { } foreign)
            {
                throw new MetadataException(
                    $"{folder} holds {foreign} and no {ClusterJournal.FileName}: give an empty folder or a cluster's.");
            }
        }
        catch (Exception unusable) when (unusable is IOException or UnauthorizedAccessException)
        {
            throw new MetadataException($"{folder} cannot be the cluster's folder: {unusable.Message}");
        }
    }

    private static bool IsOurs(string name) =>
        name.EndsWith(".lock", StringComparison.Ordinal) || SeenVersions.IsOne(name) ||
        name.StartsWith(ClusterJournal.FileName, StringComparison.Ordinal);
}
