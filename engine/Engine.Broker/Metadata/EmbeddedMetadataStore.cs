using Engine.Core.Cluster;
using Engine.Core.Strategies;

namespace Engine.Broker.Metadata;

/// <summary>The nodes of one machine agree through a journal in a folder they share, under the kernel's file locks.</summary>
/// <remarks>
/// Other nodes hear of a change from inotify, within a millisecond or so. Whether a node lives is whether its process holds the lock
/// <c>node-ID.lock</c> in that folder: a stopped or slow process still does, a dead one cannot.
/// </remarks>
internal sealed class EmbeddedMetadataStore : IMetadataStore
{
    private static readonly TimeSpan NodeLockPatience = TimeSpan.FromSeconds(1);

    // How often nodes are looked after, and the journal too, should inotify ever lose a change.
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(200);

    // The same where the system has no inotify left to give: a stat costs some microseconds.
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string _folder;
    private readonly int _nodeId;
    private readonly FileLock _nodeLock;
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

    private EmbeddedMetadataStore(string folder, int nodeId, long compactAtBytes)
    {
        (_folder, _nodeId) = (folder, nodeId);
        PrepareFolder(folder);
        _nodeLock = FileLock.TryTake(NodeLockPath(nodeId), NodeLockPatience) ?? throw new MetadataException(
            $"node {nodeId} of the cluster in {folder} is running already ({FileLock.ReadDescription(NodeLockPath(nodeId))}): " +
            "stop it or choose another node id.");
        try
        {
            _nodeLock.Describe($"process {Environment.ProcessId}");
            _seen = new SeenVersions(folder, nodeId);
            _journal = ClusterJournal.Open(folder, compactAtBytes);
        }
        catch
        {
            _seen?.Dispose();
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
        return (folder, nodeId) => new EmbeddedMetadataStore(folder, nodeId, compactAtBytes);
    }

    public ClusterState State => _state;

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
        _seen.Dispose();
        _nodeLock.Dispose();
    }

    // An exception here ends the process, as the interface says.
    private void Run()
    {
        var lookedForTheDead = Environment.TickCount64;
        do
        {
            lock (_journalLock)
            {
                if (_journal.HasChanged()) _journal.CatchUp();
                _state = _journal.State;
            }

            var shown = _state;
            _watchers.Show(shown);
            _seen.Write(shown.Version);
            if (Environment.TickCount64 - lookedForTheDead >= LookInterval.TotalMilliseconds)
            {
                RecordTheDead();
                lookedForTheDead = Environment.TickCount64;
            }
        }
        while (Sleep());
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
        var changes = new FileSystemWatcher(_folder, ClusterJournal.FileName)
        {
            NotifyFilter = NotifyFilters.LastWrite | NotifyFilters.Size | NotifyFilters.FileName,
        };
        changes.Changed += (_, _) => Wake();
        changes.Renamed += (_, _) => Wake();
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
        foreach (var broker in _state.LiveBrokers)
        {
            // A node that starts again takes its lock before it registers, so the epoch seen here is of the life that ended.
            if (broker.NodeId != _nodeId && !FileLock.IsTaken(NodeLockPath(broker.NodeId)))
                this.Deregister(broker.NodeId, broker.Epoch);
        }
    }

    // A mistyped folder should not be filled with our files.
    private static void PrepareFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            if (!File.Exists(Path.Combine(folder, ClusterJournal.FileName)) &&
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
        name.EndsWith(".lock", StringComparison.Ordinal) || SeenVersions.IsOne(name) || name.StartsWith(ClusterJournal.FileName, StringComparison.Ordinal);

    private string NodeLockPath(int nodeId) => Path.Combine(_folder, $"node-{nodeId}.lock");
}
