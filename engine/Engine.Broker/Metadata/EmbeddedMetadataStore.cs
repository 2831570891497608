using Engine.Core.Cluster;
using Engine.Core.Strategies;

namespace Engine.Broker.Metadata;

/// <summary>The nodes of one machine agree through a journal in a folder they share, under the kernel's file locks.</summary>
/// <remarks>
/// Other nodes hear of a change after at most <c>poll</c>. Whether a node lives is whether its process holds the lock
/// <c>node-ID.lock</c> in that folder: a stopped or slow process still does, a dead one cannot.
/// </remarks>
internal sealed class EmbeddedMetadataStore : IMetadataStore
{
    private static readonly TimeSpan NodeLockPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LivenessInterval = TimeSpan.FromMilliseconds(200);

    private readonly string _folder;
    private readonly int _nodeId;
    private readonly TimeSpan _poll;
    private readonly FileLock _nodeLock;

    private readonly Lock _journalLock = new();
    private readonly ClusterJournal _journal;
    private volatile ClusterState _state;

    private readonly MetadataWatchers _watchers = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private volatile bool _stopping;

    private EmbeddedMetadataStore(string folder, int nodeId, TimeSpan poll, long compactAtBytes)
    {
        (_folder, _nodeId, _poll) = (folder, nodeId, poll);
        PrepareFolder(folder);
        _nodeLock = FileLock.TryTake(NodeLockPath(nodeId), NodeLockPatience) ?? throw new MetadataException(
            $"node {nodeId} of the cluster in {folder} is running already ({FileLock.ReadDescription(NodeLockPath(nodeId))}): " +
            "stop it or choose another node id.");
        try
        {
            _nodeLock.Describe($"process {Environment.ProcessId}");
            _journal = ClusterJournal.Open(folder, compactAtBytes);
        }
        catch
        {
            _nodeLock.Dispose();
            throw;
        }

        _state = _journal.State;
        _thread = new Thread(Run) { Name = "metadata", IsBackground = true };
        _thread.Start();
    }

    public static OpenMetadataStore Create(StrategySpec spec)
    {
        var poll = spec.Duration("poll", TimeSpan.FromMilliseconds(10));
        var compactAtBytes = spec.Bytes("compactAt", 4 << 20);
        return (folder, nodeId) => new EmbeddedMetadataStore(folder, nodeId, poll, compactAtBytes);
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

        _wake.Set();
        if (appended && Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(expectedVersion + records.Count);
        return appended;
    }

    public IDisposable Watch(Action<ClusterState> onChange)
    {
        var watcher = _watchers.Add(onChange);
        _wake.Set();
        if (Thread.CurrentThread != _thread) _watchers.WaitUntilSeen(_state.Version);
        return watcher;
    }

    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _watchers.Close();
        _nodeLock.Dispose();
        _wake.Dispose();
    }

    // An exception here ends the process, as the interface says.
    private void Run()
    {
        var lookedForTheDead = Environment.TickCount64;
        while (!_stopping)
        {
            lock (_journalLock)
            {
                if (_journal.HasChanged()) _journal.CatchUp();
                _state = _journal.State;
            }

            _watchers.Show(_state);
            if (Environment.TickCount64 - lookedForTheDead >= LivenessInterval.TotalMilliseconds)
            {
                RecordTheDead();
                lookedForTheDead = Environment.TickCount64;
            }

            _wake.WaitOne(_poll);
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
        name.EndsWith(".lock", StringComparison.Ordinal) || name.StartsWith(ClusterJournal.FileName, StringComparison.Ordinal);

    private string NodeLockPath(int nodeId) => Path.Combine(_folder, $"node-{nodeId}.lock");
}
