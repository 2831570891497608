using System.Globalization;
using Engine.Core.Partitions;
using Engine.Storage;

namespace Engine.Broker.Partitions;

/// <summary>The snapshot files of one partition, beside its segments and named as they are by offset.</summary>
/// <remarks>
/// Thread-safe: they are written in the background. Losing one costs reading further back; one that tells of batches that were
/// since truncated would be worse, so those are gone for good before the log is cut.
/// </remarks>
/// <param name="folder">The log's.</param>
/// <param name="name">The partition's, for people.</param>
internal sealed class ProducerSnapshots(string folder, string name) : IProducerSnapshots
{
    // Of those taken at rolls. Only the newest is read, unless it is damaged or the log is cut back to before it.
    private const int Kept = 8;
    private const string Extension = ".snapshot";

    private readonly Lock _files = new();
    private int _era;
    private long _newest = -1; // The one known to be on disk as this log has it; -1 when none is.

    /// <summary>Changes when snapshots become untrue: what was taken before is not to be written after.</summary>
    public int Era => Volatile.Read(ref _era);

    /// <inheritdoc/>
    public void Take(ProducerSnapshot snapshot, bool durably)
    {
        var era = Era;
        ThreadPool.QueueUserWorkItem(_ => TryWrite(snapshot, era, durably));
    }

    /// <summary>As <see cref="Write"/>; what goes wrong is told to people, as it costs the next start some reading and nothing else.</summary>
    public void TryWrite(ProducerSnapshot snapshot, int era, bool durably)
    {
        try
        {
            Write(snapshot, era, durably);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            NodeLog.Warn($"{name}: its producers at offset {snapshot.Offset} are not kept on disk: {failure.Message}");
        }
    }

    /// <summary>Writes a snapshot, unless it is there already, and removes what it takes the place of.</summary>
    /// <param name="era">The era it was taken in; in a later one nothing is written.</param>
    /// <param name="durably">Whether it is to survive a power cut.</param>
    public void Write(ProducerSnapshot snapshot, int era, bool durably)
    {
        lock (_files)
        {
            if (era != _era || snapshot.Offset == _newest) return;

            var bytes = snapshot.ToBytes();
            if (durably) DurableFile.Write(PathOf(snapshot.Offset), bytes);
            else Replace(PathOf(snapshot.Offset), bytes);
            _newest = snapshot.Offset;
            // One taken within a segment spares the next start some reading, until there is a newer one.
            var before = Files().Where(file => file.Offset < snapshot.Offset).ToLookup(file => File.Exists(Path.ChangeExtension(file.Path, ".log")));
            foreach (var (_, path) in before[false].Concat(before[true].SkipLast(Kept))) File.Delete(path);
        }
    }

    /// <inheritdoc/>
    public ProducerSnapshot? Newest(long from, long to)
    {
        lock (_files)
        {
            foreach (var (offset, path) in Files().Where(file => file.Offset >= from && file.Offset <= to).Reverse())
            {
                // Under another's name it is another log's, or the disk's mistake.
                if (DurableFile.TryRead(path) is { } bytes && ProducerSnapshotBytes.Parse(bytes) is { } snapshot && snapshot.Offset == offset)
                {
                    _newest = offset;
                    return snapshot;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public void DropAbove(long offset)
    {
        lock (_files)
        {
            Volatile.Write(ref _era, _era + 1);
            _newest = -1;
            var untrue = Files().Where(file => file.Offset > offset).ToList();
            foreach (var (_, path) in untrue) File.Delete(path);
            if (untrue.Count > 0) DurableFile.SyncFolder(folder);
        }
    }

    /// <summary>The partition is gone: what is still to be written must not turn up in a later one of its name.</summary>
    public void Close()
    {
        lock (_files) Volatile.Write(ref _era, _era + 1);
    }

    private static void Replace(string path, byte[] bytes)
    {
        var temporary = path + ".tmp";
        File.WriteAllBytes(temporary, bytes);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>In offset order.</summary>
    private List<(long Offset, string Path)> Files()
    {
        var files = new List<(long Offset, string Path)>();
        if (!Directory.Exists(folder)) return files;

        foreach (var path in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (long.TryParse(Path.GetFileNameWithoutExtension(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
                files.Add((offset, path));
        }

        files.Sort();
        return files;
    }

    private string PathOf(long offset) => Path.Combine(folder, $"{offset:D20}{Extension}");
}
