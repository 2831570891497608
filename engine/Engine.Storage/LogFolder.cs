using System.Globalization;
using System.Text;

namespace Engine.Storage;

/// <summary>One log's folder: its segment files, the file kept ready for the next segment, and the recovery point.</summary>
/// <remarks>Slow work is posted to the node's background threads; <see cref="Maintenance"/> keeps it apart from truncation.</remarks>
internal sealed class LogFolder(string path, NodeFiles node)
{
    private const string SpareName = "next-segment";
    private const string DeletedSuffix = ".deleted";

    private SegmentFile? _spare;
    private long _recoveryPoint;
    private long _startOffset;

    public string Path { get; } = path;

    /// <summary>Held while files are flushed, renamed or cut in the background, and by whoever must not see that half done.</summary>
    public Lock Maintenance { get; } = new();

    /// <summary>Everything before this offset is known to be durable: what a restart after a crash need not check.</summary>
    public long RecoveryPoint => Volatile.Read(ref _recoveryPoint);

    /// <summary>Where the log begins if not at its first segment: records before it were deleted. 0 when that was never so.</summary>
    public long StartOffset => Volatile.Read(ref _startOffset);

    private string StartOffsetPath => System.IO.Path.Combine(Path, "log-start-offset");

    private string RecoveryPointPath => System.IO.Path.Combine(Path, "recovery-point");

    /// <summary>Reads the recovery point and removes what a crash left half done.</summary>
    public void Open()
    {
        foreach (var leftover in Directory.EnumerateFiles(Path).Where(IsLeftover)) File.Delete(leftover);

        // Unreadable is as good as absent: everything is checked then.
        _recoveryPoint = ReadOffset(RecoveryPointPath);
        _startOffset = ReadOffset(StartOffsetPath);
    }

    /// <summary>Records that everything before <paramref name="offset"/> is durable, or no longer is.</summary>
    public void SetRecoveryPoint(long offset)
    {
        if (offset == _recoveryPoint) return;

        WriteOffset(RecoveryPointPath, offset);
        Volatile.Write(ref _recoveryPoint, offset);
    }

    /// <summary>Records that the log begins at <paramref name="offset"/>; on return no restart brings older records back.</summary>
    public void SetStartOffset(long offset)
    {
        if (offset == _startOffset) return;

        WriteOffset(StartOffsetPath, offset);
        Volatile.Write(ref _startOffset, offset);
    }

    public SegmentFile FileOf(long baseOffset, LogOptions options) => new(PathOf(baseOffset), options.SegmentBytes, node);

    /// <summary>A new, empty file for the segment that begins at <paramref name="baseOffset"/>: the spare one if it is ready.</summary>
    public SegmentFile Create(long baseOffset, LogOptions options)
    {
        if (Interlocked.Exchange(ref _spare, null) is { } spare)
        {
            spare.Rename(PathOf(baseOffset));
            return spare;
        }

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
                var file = new SegmentFile(System.IO.Path.Combine(Path, SpareName), options.SegmentBytes, node);
                file.Create();
                Volatile.Write(ref _spare, file);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Only a head start is lost: the roll makes its file itself, and reports why it cannot.
            }
        }
    });

    /// <summary>Removes a segment's files in the background. Readers that hold its file keep it until they let go.</summary>
    public void DropLater(SegmentFile file) => node.Keeper.Post(() => Drop(file));

    /// <summary>The same, but on return its name is free for another segment.</summary>
    public void Drop(SegmentFile file)
    {
        try
        {
            var (offsets, times) = Segment.IndexPaths(file.Path);
            lock (Maintenance)
            {
                file.Rename($"{file.Path}.{Guid.NewGuid():N}{DeletedSuffix}");
                File.Delete(offsets);
                File.Delete(times);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Left for the next start, which finds it older than what the log keeps.
        }

        node.Sweeper.Post(() =>
        {
            Sweep(file.Path);
            file.Dispose();
        });
    }

    /// <summary>Deletes a file that has been renamed away; if that fails, the next start does it.</summary>
    private static void Sweep(string path)
    {
        try
        {
            if (path.EndsWith(DeletedSuffix, StringComparison.Ordinal)) File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
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

    private void WriteOffset(string path, long offset) =>
        DurableFile.Write(path, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{offset}\n")), node.Calls);

    private static bool IsLeftover(string file) =>
        file.EndsWith(DeletedSuffix, StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal)
        || file.EndsWith("/" + SpareName, StringComparison.Ordinal);

    // Kafka's names: the base offset in twenty digits, so that names sort as offsets do.
    private string PathOf(long baseOffset) => System.IO.Path.Combine(Path, $"{baseOffset:D20}.log");
}
