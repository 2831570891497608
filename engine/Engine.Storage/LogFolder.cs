using System.Globalization;
using System.Text;
using Engine.Storage.Compaction;
using Engine.Storage.Native;
using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <summary>One log's folder: whose it is, its segment files, the file kept ready for the next segment, and the recovery point.</summary>
/// <remarks>
/// Made when there is something to put into it: a partition that was never written to costs the disk nothing.
/// Slow work is posted to the node's background threads; <see cref="Maintenance"/> keeps it apart from truncation.
/// </remarks>
internal sealed class LogFolder(string path, Guid topicId, int partition, RecoveryPoints points, NodeFiles node)
{
    private const string TopicSuffix = ".topic";
    private const string SegmentSuffix = ".log";
    private const string StartOffsetName = "log-start-offset";
    private const string SpareName = "next-segment";
    private const string DeletedSuffix = ".deleted";

    private SegmentFile? _spare;
    private long _recoveryPoint;
    private long _startOffset;
    private bool _isNameDurable;

    public string Path { get; } = path;

    /// <summary>Whether the folder is there.</summary>
    public bool IsMade { get; private set; }

    /// <summary>Held while files are flushed, renamed or cut in the background, and by whoever must not see that half done.</summary>
    public Lock Maintenance { get; } = new();

    /// <summary>Everything before this offset is known to be durable: what a restart after a crash need not check.</summary>
    public long RecoveryPoint => Volatile.Read(ref _recoveryPoint);

    /// <summary>The check of the indexes that were written with the recovery point; 0 when there are none.</summary>
    public uint IndexCheck { get; private set; }

    /// <summary>Where the log begins if not at its first segment: records before it were deleted. 0 when that was never so.</summary>
    public long StartOffset => Volatile.Read(ref _startOffset);

    /// <summary>Where its segments began when it was opened, in order.</summary>
    public IReadOnlyList<long> BaseOffsets { get; private set; } = [];

    /// <summary>Looks into the folder, if it is there, and removes what a crash left half done.</summary>
    /// <returns>False when it holds another topic's bytes; then nothing is touched.</returns>
    /// <exception cref="DataFolderException">It does not say whose bytes it holds.</exception>
    public bool TryOpen()
    {
        if (!Directory.Exists(Path))
        {
            // Someone removed the folder: what comes into a new one is not yet durable, whatever the old one's was.
            if (points[topicId, partition].Offset > 0) points.Lower(topicId, partition, default);
            return true;
        }

        var (bases, leftovers, isSwapping) = (new List<long>(), new List<string>(), false);
        Guid? found = null;
        foreach (var file in Directory.EnumerateFiles(Path))
        {
            var name = System.IO.Path.GetFileName(file);
            if (IsLeftover(name)) leftovers.Add(file);
            else if (name.EndsWith(TopicSuffix, StringComparison.Ordinal) && Guid.TryParse(name.AsSpan(0, name.Length - TopicSuffix.Length), out var id)) found = id;
            else if (TryParse(name, out var baseOffset)) bases.Add(baseOffset);
            else if (SegmentSwap.IsUnfinished(name)) isSwapping = true;
            else if (name == StartOffsetName) _startOffset = ReadOffset(file);
        }

        if (found is null)
            throw new DataFolderException($"{Path} has no file that names its topic's id, so it is not known whose bytes these are. Restore it or delete the folder.");
        if (found != topicId) return false;

        foreach (var leftover in leftovers) File.Delete(leftover);
        if (isSwapping) SegmentSwap.Finish(Path, bases, node.Calls);
        bases.Sort();
        BaseOffsets = bases;
        IsMade = true;
        (_recoveryPoint, IndexCheck) = points[topicId, partition];
        return true;
    }

    /// <summary>The name of a folder that the next start sweeps away. Not its log's name with more to it: a long one would not fit.</summary>
    public static string UnusedName(string dataFolder) => System.IO.Path.Combine(dataFolder, Guid.NewGuid().ToString("N") + DeletedSuffix);

    /// <summary>Makes the names of the folder and of the files in it durable.</summary>
    /// <exception cref="IOException">They may not be.</exception>
    public void SyncNames()
    {
        if (!_isNameDurable) node.Calls.SyncFolder(System.IO.Path.GetDirectoryName(Path)!);
        _isNameDurable = true;
        node.Calls.SyncFolder(Path);
    }

    /// <summary>Records that everything before <paramref name="offset"/> is durable, or no longer is.</summary>
    /// <param name="offset">The offset after the last durable record.</param>
    /// <param name="indexCheck">Of the indexes just written for the segment that it lies in, if any were.</param>
    public void SetRecoveryPoint(long offset, uint indexCheck = 0)
    {
        var (before, point) = (_recoveryPoint, new RecoveryPoint(offset, indexCheck));
        if (point == new RecoveryPoint(before, IndexCheck)) return;

        Volatile.Write(ref _recoveryPoint, offset);
        IndexCheck = indexCheck;
        if (offset >= before) points.Raise(topicId, partition, point);
        else points.Lower(topicId, partition, point);
    }

    /// <summary>Records that the log begins at <paramref name="offset"/>; on return no restart brings older records back.</summary>
    public void SetStartOffset(long offset)
    {
        if (offset == _startOffset) return;
        if (!IsMade) Make();

        var text = string.Create(CultureInfo.InvariantCulture, $"{offset}\n");
        DurableFile.Write(System.IO.Path.Combine(Path, StartOffsetName), Encoding.ASCII.GetBytes(text), node.Calls);
        Volatile.Write(ref _startOffset, offset);
    }

    public SegmentFile FileOf(long baseOffset, LogOptions options) => new(PathOf(baseOffset), options.SegmentBytes, node) { Rules = BatchRules.Of(options) };

    /// <summary>A new, empty file for the segment that begins at <paramref name="baseOffset"/>: the spare one if it is ready.</summary>
    public SegmentFile Create(long baseOffset, LogOptions options)
    {
        if (Interlocked.Exchange(ref _spare, null) is { } spare)
        {
            spare.Rename(PathOf(baseOffset));
            return spare;
        }

        if (!IsMade) Make();
        var file = FileOf(baseOffset, options);
        file.Create();
        return file;
    }

    /// <summary>Makes the next segment's file ready in the background, so that rolling is no more than a rename.</summary>
    public void PrepareSpare(LogOptions options) => node.Keeper.Post(() =>
    {
        lock (Maintenance)
        {
            if (Volatile.Read(ref _spare) is not null) return;
            try
            {
                var file = new SegmentFile(System.IO.Path.Combine(Path, SpareName), options.SegmentBytes, node) { Rules = BatchRules.Of(options) };
                file.Create();
                Volatile.Write(ref _spare, file);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Only a head start is lost: the roll makes its file itself, and reports why it cannot.
            }
        }
    });

    /// <summary>Removes a segment's index files; for good once the folder is flushed.</summary>
    public static void DropIndexes(SegmentFile file)
    {
        var (offsets, times) = Segment.IndexPaths(file.Path);
        File.Delete(offsets);
        File.Delete(times);
    }

    /// <summary>Removes a segment's files in the background. Readers that hold its file keep it until they let go.</summary>
    public void DropLater(SegmentFile file) => node.Keeper.Post(() => Drop(file));

    /// <summary>The same, but on return its name is free for another segment.</summary>
    public void Drop(SegmentFile file)
    {
        try
        {
            lock (Maintenance)
            {
                DropIndexes(file);
                MoveAside(file);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // See SweepLater.
        }

        SweepLater(file);
    }

    /// <summary>Frees a file's name. Who reads it goes on doing so.</summary>
    public static void MoveAside(SegmentFile file) => file.Rename($"{file.Path}.{Guid.NewGuid():N}{DeletedSuffix}");

    /// <summary>Gives up the log's reference to a file that was moved aside, and deletes it in the background once nobody reads it.</summary>
    public static void SweepLater(SegmentFile file)
    {
        if (file.Path.EndsWith(DeletedSuffix, StringComparison.Ordinal)) file.Delete();
        else file.Dispose(); // It could not be moved. The next start finds it older than what the log keeps.
    }

    /// <summary>Gives up the spare file.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _spare, null) is not { } spare) return;
        File.Delete(spare.Path);
        spare.Dispose();
    }

    private static long ReadOffset(string path)
    {
        var text = DurableFile.TryRead(path) is { } bytes ? Encoding.ASCII.GetString(bytes).TrimEnd('\n') : "";
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) ? offset : 0;
    }

    /// <remarks>
    /// The topic's id is in a file's name, not in its content: file systems keep names in the order they were given, so the folder
    /// appears under its own name only with the id in it, also after a power cut, and making it flushes nothing.
    /// </remarks>
    private void Make()
    {
        var unfinished = UnusedName(System.IO.Path.GetDirectoryName(Path)!);
        Directory.CreateDirectory(unfinished);
        FileCalls.Open(System.IO.Path.Combine(unfinished, $"{topicId}{TopicSuffix}"), Libc.ReadWrite | Libc.Create | Libc.Exclusive).Dispose();
        Directory.Move(unfinished, Path);
        IsMade = true;
    }

    private static bool IsLeftover(string name) =>
        name.EndsWith(DeletedSuffix, StringComparison.Ordinal) || name.EndsWith(".tmp", StringComparison.Ordinal) || name == SpareName;

    // Kafka's names: the base offset in twenty digits, so that names sort as offsets do.
    public string PathOf(long baseOffset) => System.IO.Path.Combine(Path, $"{baseOffset:D20}{SegmentSuffix}");

    private static bool TryParse(string name, out long baseOffset)
    {
        baseOffset = 0;
        return name.Length == 20 + SegmentSuffix.Length && name.EndsWith(SegmentSuffix, StringComparison.Ordinal)
            && long.TryParse(name.AsSpan(0, 20), NumberStyles.None, CultureInfo.InvariantCulture, out baseOffset);
    }
}
