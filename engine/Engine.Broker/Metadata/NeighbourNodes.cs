using System.IO.MemoryMappedFiles;
using Engine.Core;

namespace Engine.Broker.Metadata;

/// <summary>Which nodes of this machine live: their processes hold their locks and have beaten within a session's time.</summary>
/// <remarks>
/// The lock tells of a death at once and for certain; the heartbeat tells of a process that is there but does not run. One thread only.
/// </remarks>
internal sealed class NeighbourNodes(string folder, SessionTimes times, Heartbeat own) : IDisposable
{
    private readonly Dictionary<int, Beat> _beats = [];

    /// <summary>The lock of a node's process; what it says of itself there ends with where its heartbeat is.</summary>
    public static string LockPath(string folder, int nodeId) => Path.Combine(folder, $"node-{nodeId}.lock");

    /// <summary>What a node writes into its lock.</summary>
    public static string Describe(Heartbeat heartbeat) => $"process {Environment.ProcessId}, heartbeat {heartbeat.Path}";

    public bool IsRunning(int nodeId) => FileLock.IsTaken(LockPath(folder, nodeId));

    /// <summary>Whether the node's process is there and has shown itself within a session's time, during which this one ran too.</summary>
    public bool IsHeard(int nodeId)
    {
        // The clock first: what is read after it can only make the silence shorter.
        var now = MonotonicClock.Now;
        var last = BeatOf(nodeId, now).Last;
        var steady = own.SteadySince(now);
        return now - (last > steady ? last : steady) < times.Timeout;
    }

    public void Dispose()
    {
        foreach (var beat in _beats.Values) beat.Dispose();
    }

    private Beat BeatOf(int nodeId, Instant now)
    {
        // Each life of a node has its own, and says where in its lock.
        var description = FileLock.ReadDescription(LockPath(folder, nodeId));
        if (_beats.TryGetValue(nodeId, out var beat) && beat.Description == description) return beat;

        beat?.Dispose();
        return _beats[nodeId] = Beat.Open(nodeId, description, now);
    }

    private sealed class Beat : IDisposable
    {
        private readonly MemoryMappedFile? _mapping;
        private readonly MemoryMappedViewAccessor? _view;
        private readonly Instant _since;
        private readonly bool _isBarred;

        private Beat(string description, Instant since, MemoryMappedFile? mapping, bool isBarred)
        {
            (Description, _since, _mapping, _isBarred) = (description, since, mapping, isBarred);
            _view = mapping?.CreateViewAccessor(0, sizeof(long), MemoryMappedFileAccess.Read);
        }

        public string Description { get; }

        /// <summary>When the node was last heard of; never before it was first looked for.</summary>
        public Instant Last
        {
            get
            {
                if (_isBarred) return Instant.Never;
                var shown = new Instant(_view?.ReadInt64(0) ?? 0);
                return shown > _since ? shown : _since;
            }
        }

        /// <remarks>A node that has just started may not have written its new place yet: then this is asked again once it has.</remarks>
        public static Beat Open(int nodeId, string description, Instant now)
        {
            var path = description[(description.LastIndexOf(' ') + 1)..];
            try
            {
                using var file = File.OpenHandle(path, share: FileShare.ReadWrite);
                var mapping = MemoryMappedFile.CreateFromFile(
                    file, mapName: null, sizeof(long), MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
                return new(description, now, mapping, isBarred: false);
            }
            catch (UnauthorizedAccessException)
            {
                NodeLog.Warn($"node {nodeId} runs as another user, so its heartbeat {path} cannot be read: " +
                    "it counts as alive while its process is there");
                return new(description, now, mapping: null, isBarred: true);
            }
            catch (Exception gone) when (gone is IOException or ArgumentException)
            {
                return new(description, now, mapping: null, isBarred: false);
            }
        }

        public void Dispose()
        {
            _view?.Dispose();
            _mapping?.Dispose();
        }
    }
}
