namespace Engine.Storage;

/// <summary>Takes whole segments off a log's beginning: past what is kept by size and age, and below the start offset.</summary>
/// <remarks>
/// The caller holds the log's reshaping lock, so closed segments stay as they are. What has to go is found out without the
/// writer's lock, since an index may have to be read for it; that lock is held only to publish the shorter list. The files go in
/// the background.
/// </remarks>
internal sealed class LogRetention(LogState log, LogFolder folder, LogOptions options, Lock writing)
{
    /// <summary>Drops what exceeds the limits and lies wholly before <paramref name="belowOffset"/>.</summary>
    public void DropExpired(long unixMilliseconds, long belowOffset)
    {
        var segments = log.Segments;
        var drop = 0;
        var excessBytes = options.RetentionBytes < 0 ? 0 : log.SizeBytes - options.RetentionBytes;
        while (drop < segments.Length - 1 && segments[drop].NextOffset <= belowOffset
            && (excessBytes >= segments[drop].SizeBytes || IsExpired(segments[drop], unixMilliseconds)))
            excessBytes -= segments[drop++].SizeBytes;
        Drop(segments, drop);
    }

    /// <summary>Drops what lies wholly before the log's start.</summary>
    public void DropBelowStart()
    {
        var segments = log.Segments;
        var drop = 0;
        while (drop < segments.Length - 1 && segments[drop + 1].BaseOffset <= log.StartOffset) drop++;
        Drop(segments, drop);
    }

    public bool IsExpired(Segment segment, long unixMilliseconds)
    {
        if (options.RetentionAge < TimeSpan.Zero || segment.SizeBytes == 0) return false;

        // Producers may send records without timestamps: they grow old all the same, from when they were written.
        var youngest = segment.MaxTimestamp.Timestamp is >= 0 and var told ? told : LastWrittenMilliseconds(segment);
        return unixMilliseconds - youngest > options.RetentionAge.TotalMilliseconds;
    }

    private static long LastWrittenMilliseconds(Segment segment) =>
        new DateTimeOffset(File.GetLastWriteTimeUtc(segment.File.Path)).ToUnixTimeMilliseconds();

    private void Drop(Segment[] segments, int count)
    {
        if (count == 0) return;

        lock (writing)
        {
            if (log.IsOffline) return;
            log.StartOffset = Math.Max(log.StartOffset, segments[count].BaseOffset);
            log.Segments = log.Segments[count..]; // At its end there may be a segment more by now.
        }

        foreach (var segment in segments.AsSpan(0, count)) folder.DropLater(segment.File);
    }
}
