using System.Globalization;
using System.Text;
using Engine.Protocol.Records;
using Engine.Storage.Cache;
using Engine.Storage.Soundness;

namespace Engine.Storage.Compaction;

/// <summary>Compacts one log: rewrites its closed segments so that each key keeps its last record. Source: Kafka's log cleaner.</summary>
/// <remarks>
/// Works beside appends and reads: it writes new files, and only the moment in which they take the old ones' places shuts out
/// other changes to closed segments. Slices of the old files stay valid. One run at a time; runs and truncations may be at it from
/// different threads.
/// </remarks>
public sealed class LogCompaction
{
    private readonly LogState _log;
    private readonly LogFolder _folder;
    private readonly LogOptions _options;
    private readonly NodeFiles _node;
    private readonly Lock _reshaping;
    private readonly Lock _writing;
    private readonly CompactionOptions _compaction;

    private readonly IBatchCache _cache;

    // Both guarded by the reshaping lock, for truncation changes them too.
    private long _cleanedOffset;
    private int _truncations;

    internal LogCompaction(LogState log, LogFolder folder, LogOptions options, NodeFiles node, IBatchCache cache, Lock reshaping, Lock writing)
    {
        (_log, _folder, _options, _node, _cache, _reshaping, _writing) = (log, folder, options, node, cache, reshaping, writing);
        _compaction = options.Compaction!;
        var text = DurableFile.TryRead(CleanedOffsetPath) is { } bytes ? Encoding.ASCII.GetString(bytes).TrimEnd('\n') : "";
        _cleanedOffset = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset <= log.EndOffset ? offset : 0;
    }

    /// <summary>Before it each key has its last record only, as of the last run.</summary>
    public long CleanedOffset => Volatile.Read(ref _cleanedOffset);

    private string CleanedOffsetPath => Path.Combine(_folder.Path, "cleaned-offset");

    /// <summary>The share of what may be compacted that is new since the last run; 0 when a run is not due.</summary>
    /// <param name="unixMilliseconds">Now, in the unit of record timestamps.</param>
    /// <param name="belowOffset">The high watermark: what lies behind it is never touched.</param>
    public double DueRatio(long unixMilliseconds, long belowOffset)
    {
        if (_log.IsOffline) return 0;
        var ratio = Plan(unixMilliseconds, belowOffset).DirtyRatio;
        return ratio > _compaction.MinDirtyRatio ? ratio : 0;
    }

    /// <summary>Goes once through the log; with a map too small for its keys, as far as that reaches.</summary>
    /// <param name="unixMilliseconds">Now, in the unit of record timestamps.</param>
    /// <param name="belowOffset">The high watermark.</param>
    /// <param name="mapBytes">What the map of keys may take.</param>
    /// <param name="rate">How fast files may be read and written.</param>
    /// <returns>Null when there was nothing to do, or the log was changed under it.</returns>
    /// <exception cref="InvalidDataException">A batch is not what was written: nothing was made of it.</exception>
    /// <exception cref="IOException">A file could not be read or written; the log is as before.</exception>
    /// <exception cref="LogOfflineException">The log went offline.</exception>
    /// <exception cref="OperationCanceledException">The rate's owner ends the work; the log is as before.</exception>
    public CompactionReport? Run(long unixMilliseconds, long belowOffset, long mapBytes, ByteRate rate)
    {
        var truncations = Volatile.Read(ref _truncations);
        var plan = Plan(unixMilliseconds, belowOffset);
        if (_log.IsOffline || plan.Segments.Length == 0) return null;

        var (dirtyRecords, producerEnds) = plan.ReadHeaders(rate);
        using var map = new KeyMap(mapBytes, dirtyRecords);
        if (!TryMap(plan, map, rate, out var mapEnd)) return null;

        using var filter = new BatchFilter(map, mapEnd, producerEnds, _compaction, unixMilliseconds);
        var (before, after) = (0L, 0L);
        var segments = plan.Segments.TakeWhile(segment => segment.BaseOffset < mapEnd).ToArray();
        for (var done = 0; done < segments.Length;)
        {
            if (!TryClean(segments.AsSpan(done), filter, rate, truncations, out var replaced, out var cleanedBytes)) return null;
            before += segments.AsSpan(done, replaced).ToArray().Sum(segment => segment.SizeBytes);
            after += cleanedBytes;
            done += replaced;
        }

        lock (_reshaping)
        {
            if (_log.IsOffline || truncations != _truncations) return null;
            SetCleanedOffset(mapEnd);
        }

        return new CompactionReport(before, after, filter.RecordsRemoved, filter.BatchesUnread, mapEnd);
    }

    /// <summary>The log is about to end at <paramref name="offset"/>. Holding the reshaping lock.</summary>
    internal void Truncated(long offset)
    {
        _truncations++; // What a run under way knows of later records may be wrong from now on: it ends.
        // First: what comes instead of the lost records is new again, also if the power goes before they do.
        if (offset < _cleanedOffset) SetCleanedOffset(offset);
    }

    private CompactionPlan Plan(long unixMilliseconds, long belowOffset) => CompactionPlan.Make(
        _log.Segments, CleanedOffset, belowOffset,
        youngest: _compaction.MinLag == TimeSpan.Zero ? long.MaxValue : unixMilliseconds - (long)_compaction.MinLag.TotalMilliseconds);

    private void SetCleanedOffset(long offset)
    {
        DurableFile.Write(CleanedOffsetPath, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{offset}\n")), _node.Calls);
        Volatile.Write(ref _cleanedOffset, offset);
    }

    /// <summary>Notes the last offset of each key in what is new, until the map is full.</summary>
    /// <param name="mapEnd">Every record before it was noted.</param>
    /// <returns>False when a segment was dropped meanwhile.</returns>
    private bool TryMap(CompactionPlan plan, KeyMap map, ByteRate rate, out long mapEnd)
    {
        mapEnd = CleanedOffset;
        foreach (var segment in plan.Segments.AsSpan(plan.FirstDirty))
        {
            if (!segment.File.TryRefer()) return false;
            try
            {
                using var scan = new BatchScan(segment, segment.Find(Math.Max(mapEnd, segment.BaseOffset)).Bytes, rate);
                for (var batch = scan.Next(); !batch.IsEmpty; batch = scan.Next())
                {
                    mapEnd = Map(batch, map, from: mapEnd);
                    if (mapEnd < new BatchHeader(batch).NextOffset) return true;
                }
            }
            finally
            {
                segment.File.Dispose();
            }
        }

        return true;
    }

    /// <summary>Notes a batch's records.</summary>
    /// <returns>The offset behind the last that was noted: less than the batch's end when the map is full.</returns>
    private static long Map(ReadOnlySpan<byte> batch, KeyMap map, long from)
    {
        var header = new BatchHeader(batch);
        if (header.IsControl || !BatchFilter.RecordsOf(batch, out var records, out var unpacked)) return header.NextOffset;

        using (unpacked)
        {
            // Of a batch that is not sound nothing counts, for it stays as it is: a key's last sound record is then its last.
            var check = new RawRecords(records, header.RecordCount);
            while (check.MoveNext())
            {
            }

            if (!check.IsSound) return header.NextOffset;

            var walk = new RawRecords(records, header.RecordCount);
            while (walk.MoveNext())
            {
                var offset = header.BaseOffset + walk.Current.OffsetDelta;
                if (offset < from || !walk.Current.HasKey) continue;
                if (map.IsFull) return offset;
                map.Put(KeyHash.OfThisProcess.Compute(walk.Current.Key), offset);
            }
        }

        return header.NextOffset;
    }

    /// <summary>Puts one cleaned segment in the place of the first, or of as many of the first as fit it: else files would become ever smaller.</summary>
    /// <returns>False when they are no longer the log's.</returns>
    private bool TryClean(
        ReadOnlySpan<Segment> segments, BatchFilter filter, ByteRate rate, int truncations, out int replaced, out long cleanedBytes)
    {
        (replaced, cleanedBytes) = (0, 0);
        var path = SegmentSwap.CleanedPath(_folder.Path, segments[0].BaseOffset);
        var file = new SegmentFile(path, _options.SegmentBytes, _node) { Rules = BatchRules.Of(_options) };
        var isSwapped = false;
        try
        {
            _node.Calls.Delete(path);
            file.Create();
            using var writer = new CleanedSegmentWriter(file, segments[0].BaseOffset, _options, rate);
            var goesOn = true;
            while (goesOn)
            {
                var segment = segments[replaced++];
                if (!segment.File.TryRefer()) return false;
                try
                {
                    goesOn = writer.Take(segment, replaced < segments.Length ? segments[replaced] : null, filter);
                }
                finally
                {
                    segment.File.Dispose();
                }
            }

            var cleaned = writer.Finish();
            cleanedBytes = cleaned.SizeBytes;
            isSwapped = TrySwap(segments[..replaced].ToArray(), cleaned, truncations);
            return isSwapped;
        }
        finally
        {
            if (!isSwapped)
            {
                file.Dispose();
                if (file.Path == path) File.Delete(path);
            }
        }
    }

    private bool TrySwap(Segment[] group, Segment cleaned, int truncations)
    {
        lock (_reshaping)
        {
            if (_log.IsOffline || truncations != _truncations || group.Any(segment => !_log.Holds(segment))) return false;

            cleaned.File.Rename(SegmentSwap.CommittedPath(_folder.Path, cleaned.BaseOffset, cleaned.NextOffset));
            try
            {
                // The files' names and the list of segments change as one for whoever works on them in the background.
                lock (_folder.Maintenance)
                {
                    _node.Calls.SyncFolder(_folder.Path); // From here on, or from some moment before, a restart takes the new one.
                    Replace(group, cleaned);
                    lock (_writing) Publish(group, cleaned);
                }
            }
            catch (Exception failure) when (LogState.IsEnvironmental(failure))
            {
                // The next start finishes it. Going on now could change what that start would then undo.
                throw _log.GoOffline("cannot be compacted", failure);
            }

            foreach (var old in group) LogFolder.SweepLater(old.File);
            return true;
        }
    }

    private void Publish(Segment[] group, Segment cleaned)
    {
        var segments = _log.Segments; // At its end there may be one more by now.
        var first = Array.IndexOf(segments, group[0]);
        _log.Segments = [.. segments[..first], cleaned, .. segments[(first + group.Length)..]];
        _cache.Truncate(0); // It may hold what is now gone.
    }

    /// <summary>Moves the old files aside, where their readers go on reading, and gives the new one its name and its indexes.</summary>
    private void Replace(Segment[] group, Segment cleaned)
    {
        foreach (var old in group)
        {
            var (offsets, times) = Segment.IndexPaths(old.File.Path);
            _node.Calls.Delete(offsets);
            _node.Calls.Delete(times);
            LogFolder.MoveAside(old.File);
        }

        // The old names must be gone before the new one is there: both at once would be two segments for the same offsets.
        _node.Calls.SyncFolder(_folder.Path);
        cleaned.File.Rename(_folder.PathOf(cleaned.BaseOffset));
        _node.Calls.SyncFolder(_folder.Path);
        var (offsetIndex, timeIndex) = cleaned.SnapshotIndexes();
        cleaned.WriteIndexes(offsetIndex, timeIndex);
        cleaned.ForgetIndexes();
    }
}
