using System.Runtime.InteropServices;
using System.Text;
using Engine.Core;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage;

/// <summary>A node's data folder: whose it is, and the logs in it. Held by one process at a time.</summary>
public sealed class DataFolder : IDisposable
{
    private const string LockName = ".lock";

    // A process that is just ending, or a child that was forked from it and has not begun its own program, may still hold it.
    private const int LockPatienceMilliseconds = 500;

    private const string IdentityName = "testbed-node";
    private const string CleanStopName = "clean-stop";
    private const string DeletedSuffix = ".deleted";

    private readonly NodeFiles _node;
    private readonly int _nodeId;
    private readonly SafeFileHandle _lock;
    private readonly RecoveryPoints _points;
    private readonly Dictionary<string, PartitionLog> _logs = [];

    private DataFolder(
        string path, int nodeId, SafeFileHandle heldLock, string? clusterId, bool wasCleanShutdown, RecoveryPoints points, NodeFiles node)
    {
        Path = path;
        _nodeId = nodeId;
        ClusterId = clusterId;
        WasCleanShutdown = wasCleanShutdown;
        _lock = heldLock;
        _points = points;
        _node = node;
    }

    public string Path { get; }

    /// <summary>The cluster whose node this folder belongs to; null until one was named.</summary>
    public string? ClusterId { get; private set; }

    /// <summary>Whether the last process to use the folder closed it; else it crashed or was killed.</summary>
    /// <remarks>What a log trusts without reading is decided by its own recovery point, not by this.</remarks>
    public bool WasCleanShutdown { get; }

    /// <summary>Whether the folder had never been a node's before: there is nothing of what this node may once have stored.</summary>
    public bool IsNew { get; private init; }

    /// <summary>Opens or makes a node's folder.</summary>
    /// <param name="path">The folder; made when missing.</param>
    /// <param name="nodeId">The node that starts.</param>
    /// <param name="clusterId">The cluster it belongs to; null when that is not known yet.</param>
    /// <param name="strategies">How its logs are written, flushed, read and cached.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <exception cref="DataFolderException">
    /// It cannot be written, is in use, is not a node's folder, or is another node's; the message is one clear line.
    /// </exception>
    public static DataFolder Open(string path, int nodeId, string? clusterId, StorageStrategies strategies, TimeProvider? time = null) =>
        Open(path, nodeId, clusterId, strategies, time ?? TimeProvider.System, FileCalls.Kernel);

    internal static DataFolder Open(
        string path, int nodeId, string? clusterId, StorageStrategies strategies, TimeProvider time, FileCalls calls, int? openFilesMax = null)
    {
        path = System.IO.Path.GetFullPath(path);
        SafeFileHandle? held = null;
        try
        {
            Directory.CreateDirectory(path);
            RefuseForeign(path);
            held = Lock(path);
            var isNew = !File.Exists(System.IO.Path.Combine(path, IdentityName));
            clusterId = Identify(path, nodeId, clusterId, calls);
            strategies.Write.Instance.Verify(path);
            var wasClean = TakeCleanStop(path, calls);

            var flusher = new Flusher(() => new Instant((long)(time.GetTimestamp() * (1e9 / time.TimestampFrequency))));
            var openFiles = openFilesMax is { } limit ? new OpenFiles(limit) : OpenFiles.WithinProcessLimit();
            var node = new NodeFiles(
                strategies, time, calls, flusher, new BackgroundQueue("log keeper"), new BackgroundQueue("file sweeper"), openFiles);
            foreach (var leftover in Directory.EnumerateDirectories(path, "*" + DeletedSuffix)) SweepLater(leftover, node);
            return new DataFolder(path, nodeId, held, clusterId, wasClean, new RecoveryPoints(path, node), node) { IsNew = isNew };
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            held?.Dispose();
            throw new DataFolderException($"the data folder {path} cannot be used: {failure.Message}", failure);
        }
        catch (DataFolderException)
        {
            held?.Dispose();
            throw;
        }
    }

    /// <summary>Binds the folder to a cluster that could be asked for its id only once the folder was held.</summary>
    /// <exception cref="DataFolderException">It belongs to another cluster, or cannot be written.</exception>
    public void Join(string clusterId)
    {
        try
        {
            ClusterId = Identify(Path, _nodeId, clusterId, _node.Calls);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new DataFolderException($"the data folder {Path} cannot be used: {failure.Message}", failure);
        }
    }

    /// <summary>Opens a partition's log, or begins one, which takes no disk space before its first batch. Bytes of an earlier topic of that name are removed. Thread-safe.</summary>
    /// <exception cref="DataFolderException">The log's files cannot be read or do not say whose they are.</exception>
    /// <exception cref="InvalidOperationException">It is open already.</exception>
    public PartitionLog OpenLog(string topic, Guid topicId, int partition, LogOptions options)
    {
        var name = $"{topic}-{partition}";
        if (topic.Length == 0 || topic is "." or ".." || topic.AsSpan().ContainsAny('/', '\0') || partition < 0)
            throw new ArgumentException($"'{topic}' partition {partition} cannot be the name of a folder", nameof(topic));
        if (options.Problems() is [var problem, ..]) throw new ArgumentException(problem, nameof(options));

        var path = System.IO.Path.Combine(Path, name);
        try
        {
            lock (_logs)
            {
                if (_logs.ContainsKey(name)) throw new InvalidOperationException($"the log {name} is open already");
            }

            var folder = new LogFolder(path, topicId, partition, _points, _node);
            if (!folder.TryOpen()) RenameAway(path);
            var log = new PartitionLog(topic, topicId, partition, folder, options, _node);
            lock (_logs)
            {
                if (_logs.TryAdd(name, log)) return log;
            }

            log.Abandon();
            throw new InvalidOperationException($"the log {name} is open already");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException or LogOfflineException)
        {
            throw new DataFolderException($"the log in {path} cannot be opened: {failure.Message}", failure);
        }
    }

    /// <summary>Ends a log and removes its files in the background; its name is free at once. Thread-safe.</summary>
    /// <exception cref="IOException">The folder could not be renamed; the log is closed all the same.</exception>
    public void DeleteLog(PartitionLog log)
    {
        lock (_logs) _logs.Remove($"{log.Topic}-{log.Partition}");
        log.Abandon();
        _points.Forget(log.TopicId, log.Partition);
        if (Directory.Exists(log.Folder)) RenameAway(log.Folder);
    }

    /// <summary>Closes segment files that nobody used since the last call; they open again when they are. To be called now and then.</summary>
    public void LetGoOfIdleFiles() => _node.OpenFiles.LetGoOfIdle();

    /// <summary>Segment files open at this moment.</summary>
    internal int OpenFileCount => _node.OpenFiles.Count;

    /// <summary>Returns once the background work asked for so far is done. For tests.</summary>
    internal void Settle()
    {
        _node.Keeper.Drain();
        _node.Sweeper.Drain();
        _points.Save();
    }

    /// <summary>Closes all logs and marks the folder as cleanly stopped if each could be made durable.</summary>
    public void Dispose()
    {
        var isClean = 1;
        lock (_logs)
        {
            // Several at once: each waits for the disk, which makes many durable in one go.
            Parallel.ForEach(_logs.Values, new ParallelOptions { MaxDegreeOfParallelism = 8 }, log => Interlocked.And(ref isClean, log.Close() ? 1 : 0));
            _logs.Clear();
        }

        _node.Flusher.Dispose();
        _node.Keeper.Dispose();
        _node.Sweeper.Dispose();
        try
        {
            _points.Save();
            if (isClean == 1) DurableFile.Write(System.IO.Path.Combine(Path, CleanStopName), "clean\n"u8, _node.Calls);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next start checks the logs, as after a crash.
        }

        // Not by closing alone: a child process on its way to exec(2) still has a copy of the descriptor, and with it the lock.
        if (!_lock.IsClosed) _ = Libc.Flock(_lock, Libc.Unlock);
        _lock.Dispose();
    }

    private static void RefuseForeign(string path)
    {
        if (File.Exists(System.IO.Path.Combine(path, IdentityName))) return;
        var foreign = Directory.EnumerateFileSystemEntries(path).Select(System.IO.Path.GetFileName)
            .FirstOrDefault(name => name is not (LockName or IdentityName + ".tmp" or "lost+found"));
        if (foreign is not null)
            throw new DataFolderException($"the data folder {path} is not a node's: it holds '{foreign}' but no '{IdentityName}'. Name an empty folder or a new one.");
    }

    private static SafeFileHandle Lock(string path)
    {
        // flock(2): the kernel drops it with the process, so a crash leaves nothing to clear away.
        // Not .NET's own open, which takes a lock of its own and so cannot tell who holds one.
        var handle = FileCalls.Open(System.IO.Path.Combine(path, LockName), Libc.ReadWrite | Libc.Create);
        var giveUpAt = Environment.TickCount64 + LockPatienceMilliseconds;
        while (Libc.Flock(handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.WouldBlock || Environment.TickCount64 >= giveUpAt) throw Refused(path, handle);
            Thread.Sleep(10);
        }

        return handle;
    }

    private static Exception Refused(string path, SafeFileHandle handle)
    {
        var error = Marshal.GetLastPInvokeError();
        var failure = FileCalls.Failed("flock");
        handle.Dispose();
        return error == Libc.WouldBlock
            ? new DataFolderException($"the data folder {path} is in use by another broker. Stop it or name another folder.")
            : failure;
    }

    /// <summary>Checks the identity file, or writes it.</summary>
    /// <returns>The cluster id, known from before or given now.</returns>
    private static string? Identify(string path, int nodeId, string? clusterId, FileCalls calls)
    {
        var file = System.IO.Path.Combine(path, IdentityName);
        string? knownCluster = null;
        if (DurableFile.TryRead(file) is { } bytes)
        {
            var lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (Value("format") != "1")
                throw new DataFolderException($"{file} is damaged or of a format this version does not know: format 1 is expected.");
            if (Value("node") is var node && node != $"{nodeId}")
                throw new DataFolderException($"the data folder {path} belongs to node {node}, not to node {nodeId}.");
            knownCluster = Value("cluster");
            if (knownCluster is not null && clusterId is not null && knownCluster != clusterId)
                throw new DataFolderException($"the data folder {path} belongs to cluster {knownCluster}, not to cluster {clusterId}.");
            if (knownCluster is not null || clusterId is null) return knownCluster;

            string? Value(string key) => lines.FirstOrDefault(line => line.StartsWith(key + "=", StringComparison.Ordinal))?[(key.Length + 1)..];
        }

        var text = $"format=1\nnode={nodeId}\n" + (clusterId is null ? "" : $"cluster={clusterId}\n");
        DurableFile.Write(file, Encoding.UTF8.GetBytes(text), calls);
        return clusterId;
    }

    private static bool TakeCleanStop(string path, FileCalls calls)
    {
        var marker = System.IO.Path.Combine(path, CleanStopName);
        if (!File.Exists(marker)) return false;

        // Gone for good before anything is written, else a crash would be taken for a clean stop.
        File.Delete(marker);
        calls.SyncFolder(path);
        return true;
    }

    private void RenameAway(string path)
    {
        var deleted = LogFolder.UnusedName(Path);
        Directory.Move(path, deleted);
        _node.Calls.SyncFolder(Path);
        SweepLater(deleted, _node);
    }

    private static void SweepLater(string folder, NodeFiles node) => _ = node.Sweeper.Post(() =>
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Tried again at the next start.
        }
    });
}
