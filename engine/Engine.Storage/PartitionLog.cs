using System.Diagnostics.CodeAnalysis;
using Engine.Protocol.Records;
using Engine.Storage.Cache;
using Engine.Storage.Write;

namespace Engine.Storage;

/// <summary>One partition's record batches on disk, in offset order, as they were received.</summary>
/// <remarks>
/// One writer at a time appends and truncates; any number of threads read meanwhile without locks. A failure to write or flush
/// takes the log offline for good (<see cref="LogOfflineException"/>). Append and read allocate nothing once warm.
/// </remarks>
public sealed class PartitionLog
{
    // Held while the log's shape or end changes. The one writer never finds it taken but by retention and closing.
    private readonly Lock _writing = new();
    private readonly NodeFiles _node;
    private readonly LogFolder _folder;
    private readonly LogFlush _flush;
    private readonly IBatchCache _cache;
    private Segment[] _segments;
    private ISegmentWriter _writer;
    private bool _spareWanted;
    private bool _isClosed;
    private long _endAtLastLook = -1;
    private long _startOffset;
    private long _endOffset;
    private LogOfflineException? _failure;

    /// <summary>Opens the log in a folder, checking and mending what a crash left. For <see cref="DataFolder"/>.</summary>
    internal PartitionLog(string topic, Guid topicId, int partition, LogFolder folder, LogOptions options, NodeFiles node)
    {
        (Topic, TopicId, Partition, Options) = (topic, topicId, partition, options);
        (_folder, _node) = (folder, node);
        _cache = node.Strategies.Cache.Instance.Create();
        _flush = new LogFlush(this, node);

        folder.Open();
        var recovery = new Recovery(folder, options, node);
        var segments = recovery.Load(folder.RecoveryPoint);
        Recovered = recovery.Report;
        if (segments.Count == 0) segments.Add(new Segment(folder.Create(0, options), 0, options.IndexIntervalBytes));

        _segments = [.. segments];
        _startOffset = _segments[0].BaseOffset;
        _endOffset = Active.NextOffset;
        _writer = Active.File.OpenWriter(Active.SizeBytes);
        if (_flush.HoldsAcknowledgement) SyncSegments(); // What was found is about to be acknowledged.
        _flush.Reset(_endOffset);
        foreach (var closed in _segments.AsSpan()[..^1])
        {
            if (!closed.IsFlushed) SealLater(closed);
        }
    }

    public string Topic { get; }

    public Guid TopicId { get; }

    public int Partition { get; }

    public LogOptions Options { get; }

    /// <summary>The log's own folder: a place for what belongs to this partition and dies with it. See <see cref="DurableFile"/>.</summary>
    public string Folder => _folder.Path;

    /// <summary>What opening the log found and did.</summary>
    public RecoveryReport Recovered { get; }

    /// <summary>The offset of the oldest batch kept.</summary>
    public long StartOffset => Volatile.Read(ref _startOffset);

    /// <summary>The next record's offset: everything before it is written and can be read.</summary>
    public long EndOffset => Volatile.Read(ref _endOffset);

    /// <summary>Where the newest segment begins.</summary>
    public long LastSegmentOffset => Volatile.Read(ref _segments)[^1].BaseOffset;

    /// <summary>Everything before it is as safe as the flush policy wants it and may be acknowledged.</summary>
    public long StoredOffset => _flush.HoldsAcknowledgement ? _flush.FlushedOffset : EndOffset;

    /// <summary>Everything before it is known to survive a power cut.</summary>
    public long FlushedOffset => _flush.FlushedOffset;

    public long SizeBytes
    {
        get
        {
            var size = 0L;
            foreach (var segment in Volatile.Read(ref _segments)) size += segment.SizeBytes;
            return size;
        }
    }

    /// <summary>Whether a failure has ended this log's service until the node restarts.</summary>
    public bool IsOffline => Volatile.Read(ref _failure) is not null;

    /// <summary>Reads answered from the batch cache, and those that were not.</summary>
    public (long Hits, long Misses) CacheCounts => _cache.Counts;

    /// <summary>
    /// <see cref="StoredOffset"/> has advanced, raised on a flusher thread: only for flushes that end after <see cref="Append"/> has
    /// returned. The handler must not block.
    /// </summary>
    public event Action<PartitionLog>? StoredAdvanced;

    /// <summary>The log has gone offline, raised once on the thread that found out. The handler must not block.</summary>
    public event Action<PartitionLog, LogOfflineException>? WentOffline;

    private Segment Active => _segments[^1];

    /// <summary>Writes batches at the log's end; on return they can be read.</summary>
    /// <param name="batches">Whole, checked batches with their offsets assigned, the first at <see cref="EndOffset"/>.</param>
    /// <exception cref="ArgumentException">The batches do not continue the log: a bug of the caller. Nothing is written.</exception>
    /// <exception cref="LogOfflineException">They could not be written or, where the policy flushes inline, flushed.</exception>
    public void Append(ReadOnlySpan<byte> batches)
    {
        int count;
        lock (_writing)
        {
            ThrowIfOffline();
            var end = EndOffset;
            var next = Follow(batches, end, out count);
            if (count == 0) return;

            try
            {
                if (IsRollDue(batches.Length, next)) Roll();
                var active = Active;
                _writer.Write(active.SizeBytes, batches);
                if (active.FirstTimestamp < 0) active.FirstTimestamp = _node.UnixMilliseconds;
                _cache.Put(batches, end);
                active.Append(batches);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw GoOffline("cannot be written", failure);
            }

            Volatile.Write(ref _endOffset, next);
        }

        _flush.Appended(batches.Length, count);
    }

    /// <summary>Flushes now, on this thread, what a policy that holds acknowledgements has not flushed yet. Else does nothing.</summary>
    /// <exception cref="LogOfflineException">It could not be flushed.</exception>
    public void EnsureStored()
    {
        ThrowIfOffline();
        if (_flush.HoldsAcknowledgement && _flush.FlushedOffset < EndOffset) _flush.Flush();
    }

    /// <summary>Batches from the one that holds <paramref name="offset"/> on, as many as there are before <paramref name="boundOffset"/>.</summary>
    /// <param name="offset">Where to begin.</param>
    /// <param name="boundOffset">A batch boundary, or anything past the end: what the reader may see.</param>
    /// <param name="maxBytes">About the most to return; cut at a batch boundary where one is known without reading.</param>
    /// <param name="atLeastOneBatch">Return the first batch whole even if it exceeds <paramref name="maxBytes"/>, else nothing then.</param>
    /// <param name="slice">What was found, to be released; empty when there is nothing between the offsets.</param>
    /// <returns>False when the log does not hold that offset: it lies before its start or past its end.</returns>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public bool TryRead(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        ThrowIfOffline();
        slice = default;
        while (true)
        {
            // The end before the segments: then they hold at least what the end says.
            var end = EndOffset;
            var segments = Volatile.Read(ref _segments);
            if (offset < StartOffset || offset > end) return false;

            var bound = Math.Min(boundOffset, end);
            if (offset >= bound) return true;
            if (_cache.TryGet(offset, bound, maxBytes, atLeastOneBatch, out slice)) return true;

            var index = FindSegment(segments, offset);
            if (index < 0 || !segments[index].File.TryRefer()) continue; // Dropped meanwhile: look again.

            var isClosed = index + 1 < segments.Length;
            if (isClosed && bound >= segments[index + 1].BaseOffset) bound = segments[index + 1].BaseOffset;
            if (TryRead(segments[index], offset, bound, isClosed, maxBytes, atLeastOneBatch, out slice)) return true;
        }
    }

    /// <summary>Shows every batch header from the one that holds <paramref name="fromOffset"/> to the end, in order.</summary>
    /// <remarks>For rebuilding what is derived from the batches: leader epochs, producer state. Reads headers only.</remarks>
    public void VisitBatches(long fromOffset, BatchVisitor visit)
    {
        ThrowIfOffline();
        var end = EndOffset;
        var segments = Volatile.Read(ref _segments);
        for (var i = 0; i < segments.Length; i++)
        {
            var limit = i + 1 < segments.Length ? segments[i + 1].BaseOffset : end;
            if (limit > fromOffset) Visit(segments[i], Math.Max(fromOffset, segments[i].BaseOffset), end, visit);
        }
    }

    /// <summary>The first record at least as young as <paramref name="timestamp"/> (Unix milliseconds); null when there is none.</summary>
    /// <remarks>
    /// May lie past what a consumer is allowed to see: the caller compares. Of a compressed batch, the first offset stands for all.
    /// </remarks>
    public (long Offset, long Timestamp)? OffsetForTimestamp(long timestamp)
    {
        ThrowIfOffline();
        foreach (var segment in Volatile.Read(ref _segments))
        {
            if (WithFile<(long, long)>(segment, found => TimestampLookup.First(found, timestamp)) is { } record) return record;
        }

        return null;
    }

    /// <summary>The first record with the largest timestamp in the log; null when the log is empty or its records have no timestamps.</summary>
    public (long Offset, long Timestamp)? MaxTimestamp()
    {
        ThrowIfOffline();
        var largest = -1L;
        foreach (var segment in Volatile.Read(ref _segments))
            largest = Math.Max(largest, WithFile<long>(segment, found => found.MaxTimestamp.Timestamp) ?? -1);
        return largest < 0 ? null : OffsetForTimestamp(largest);
    }

    /// <summary>Removes everything from <paramref name="offset"/> on; a batch that only begins before it goes as a whole.</summary>
    /// <remarks>
    /// For followers whose tail the leader does not have. Readers never see that tail replaced under them as long as they are bound
    /// by what is committed; a slice of it that is still being sent turns into zeros. On return the removal is durable.
    /// </remarks>
    public void TruncateTo(long offset)
    {
        lock (_writing)
        {
            ThrowIfOffline();
            if (offset >= EndOffset) return;
            if (offset <= StartOffset)
            {
                StartAt(StartOffset);
                return;
            }

            Change("cannot be truncated", () => Cut(offset));
        }
    }

    /// <summary>Removes everything and goes on at <paramref name="offset"/>: a follower whose leader no longer has what comes next.</summary>
    public void TruncateFullyAndStartAt(long offset)
    {
        lock (_writing)
        {
            ThrowIfOffline();
            StartAt(offset);
        }
    }

    /// <summary>Drops whole segments that exceed what <see cref="Options"/> keep. The files go in the background.</summary>
    /// <param name="unixMilliseconds">Now, in the unit of record timestamps.</param>
    public void Retain(long unixMilliseconds)
    {
        lock (_writing)
        {
            if (IsOffline || _isClosed) return;
            try
            {
                if (IsExpired(Active, unixMilliseconds)) Roll();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw GoOffline("cannot be rolled", failure);
            }

            CheckpointWhenIdle();
            var drop = 0;
            var excessBytes = Options.RetentionBytes < 0 ? 0 : SizeBytes - Options.RetentionBytes;
            while (drop < _segments.Length - 1 && (excessBytes >= _segments[drop].SizeBytes || IsExpired(_segments[drop], unixMilliseconds)))
                excessBytes -= _segments[drop++].SizeBytes;
            if (drop == 0) return;

            var dropped = _segments[..drop];
            Volatile.Write(ref _startOffset, _segments[drop].BaseOffset);
            Volatile.Write(ref _segments, _segments[drop..]);
            foreach (var segment in dropped) _folder.DropLater(segment.File);
        }
    }

    /// <summary>Makes everything durable and trusted by the next start, and lets go of the files.</summary>
    /// <returns>Whether all went well, and the log may be trusted.</returns>
    internal bool Close()
    {
        lock (_writing)
        {
            if (_isClosed) return !IsOffline;
            _isClosed = true;
            var isSound = !IsOffline;
            try
            {
                if (isSound) CloseFiles();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or LogOfflineException)
            {
                isSound = false;
            }

            LetGo();
            return isSound;
        }
    }

    /// <summary>Lets go of the files, which are about to be deleted.</summary>
    internal void Abandon()
    {
        lock (_writing)
        {
            if (_isClosed) return;
            _isClosed = true;
            LetGo();
        }
    }

    /// <summary>Makes all segments durable that are not yet, the oldest first.</summary>
    /// <exception cref="LogOfflineException">One could not be; the log is offline.</exception>
    internal void SyncSegments()
    {
        var segments = Volatile.Read(ref _segments);
        var first = segments.Length - 1;
        while (first > 0 && !segments[first - 1].IsFlushed) first--;
        foreach (var segment in segments.AsSpan(first)) Sync(segment);
    }

    internal void RaiseStoredAdvanced() => StoredAdvanced?.Invoke(this);

    private void Sync(Segment segment)
    {
        if (!segment.File.TryRefer()) return;
        try
        {
            // One at a time: the kernel tells a write error to one fdatasync only, and another beside it would report success.
            lock (segment.Syncing)
            {
                ThrowIfOffline();
                if (!segment.IsFlushed) SyncAlone(segment);
            }
        }
        finally
        {
            segment.File.Dispose();
        }
    }

    private void SyncAlone(Segment segment)
    {
        try
        {
            var size = segment.SizeBytes;
            if (!segment.IsNameDurable) _node.Calls.SyncFolder(_folder.Path);
            segment.IsNameDurable = true;
            _node.Calls.SyncData(segment.File.Handle);
            segment.FlushedBytes = size;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw GoOffline("cannot be flushed", failure);
        }
    }

    private static long Follow(ReadOnlySpan<byte> batches, long end, out int count)
    {
        count = 0;
        while (batches.Length > 0)
        {
            if (batches.Length < BatchHeader.Size) throw new ArgumentException("the bytes end within a batch", nameof(batches));
            var header = new BatchHeader(batches);
            if (header.SizeBytes < BatchHeader.Size || header.SizeBytes > batches.Length)
                throw new ArgumentException("the bytes end within a batch", nameof(batches));
            if (header.BaseOffset != end || header.LastOffsetDelta < 0)
                throw new ArgumentException($"the batch with base offset {header.BaseOffset} does not continue the log, which ends at {end}", nameof(batches));
            end = header.NextOffset;
            count++;
            batches = batches[header.SizeBytes..];
        }

        return end;
    }

    private bool IsRollDue(int bytes, long next)
    {
        var active = Active;
        if (!_spareWanted && active.SizeBytes > Options.SegmentBytes / 2)
        {
            _spareWanted = true;
            _folder.PrepareSpare(Options);
        }

        if (active.SizeBytes == 0) return false;
        return active.SizeBytes + bytes > Options.SegmentBytes
            || next - active.BaseOffset > int.MaxValue // the indexes' offsets are 32 bits
            || (Options.SegmentAge > TimeSpan.Zero && active.FirstTimestamp >= 0
                && _node.UnixMilliseconds - active.FirstTimestamp > Options.SegmentAge.TotalMilliseconds);
    }

    private void Roll()
    {
        var closed = Active;
        var file = _folder.Create(closed.NextOffset, Options);
        var writer = file.OpenWriter(0);
        _writer.Dispose();
        _writer = writer;
        _spareWanted = false;
        Volatile.Write(ref _segments, [.. _segments, new Segment(file, closed.NextOffset, Options.IndexIntervalBytes, closed)]);
        SealLater(closed);
    }

    /// <summary>Flushes a closed segment in the background, writes its indexes and lets the recovery point follow.</summary>
    private void SealLater(Segment segment) => KeepLater(segment, () =>
    {
        _node.Calls.Cut(segment.File.Handle, segment.SizeBytes);
        Sync(segment);
        var (offsets, times) = segment.SnapshotIndexes();
        segment.WriteIndexes(offsets, times);
        _folder.SetRecoveryPoint(segment.NextOffset);
        segment.ForgetIndexes();
    });

    /// <summary>Does work on a segment's files in the background, unless the log has changed its mind about the segment by then.</summary>
    private void KeepLater(Segment segment, Action work) => _node.Keeper.Post(() =>
    {
        lock (_folder.Maintenance)
        {
            if (IsOffline || Array.IndexOf(Volatile.Read(ref _segments), segment) < 0 || !segment.File.TryRefer()) return;
            try
            {
                work();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                _ = GoOffline("cannot be flushed", failure);
            }
            catch (LogOfflineException)
            {
                // Told already.
            }
            finally
            {
                segment.File.Dispose();
            }
        }
    });

    /// <summary>
    /// Makes a log that has not grown since the last look durable and trusted, so that a node with many idle logs need not read
    /// them all after a crash.
    /// </summary>
    private void CheckpointWhenIdle()
    {
        var (active, end) = (Active, EndOffset);
        var isIdle = _endAtLastLook == end && _folder.RecoveryPoint < end;
        _endAtLastLook = end;
        if (!isIdle) return;

        var (offsets, times) = active.SnapshotIndexes();
        KeepLater(active, () =>
        {
            Sync(active);
            active.WriteIndexes(offsets, times);
            _folder.SetRecoveryPoint(end);
        });
    }

    /// <summary>Finds the stretch of the segment between the offsets, and releases the caller's reference to its file.</summary>
    /// <returns>False when the segment was dropped meanwhile.</returns>
    private bool TryRead(Segment segment, long offset, long bound, bool isClosed, int maxBytes, bool atLeastOneBatch, out LogSlice slice)
    {
        slice = default;
        try
        {
            var start = segment.Find(offset).Bytes;
            var end = isClosed && bound == segment.NextOffset ? segment.SizeBytes : segment.Find(bound).Bytes;
            if (end - start > maxBytes)
            {
                end = segment.BoundaryBefore(start + maxBytes, start);
                if (end == start)
                {
                    // No boundary known within maxBytes: the first batch may be larger, or indexed too sparsely to tell.
                    var size = segment.BatchBytes(start);
                    if (size > maxBytes && !atLeastOneBatch) return true;
                    end = start + Math.Max(size, maxBytes);
                }
            }

            slice = segment.File.Reader.Read(start, (int)(end - start));
            return true;
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            if (Array.IndexOf(Volatile.Read(ref _segments), segment) < 0) return false;
            throw GoOffline("cannot be read", failure);
        }
        finally
        {
            segment.File.Dispose();
        }
    }

    private void Visit(Segment segment, long from, long end, BatchVisitor visit) => WithFile<int>(segment, found =>
    {
        var scan = new HeaderScan(found.File, found.Find(from).Bytes, found.SizeBytes, stackalloc byte[4096]);
        while (scan.MoveNext() && scan.Header.BaseOffset < end) visit(scan.Header);
        return null;
    });

    /// <summary>Looks into a segment while its file is kept open; null also when it was dropped meanwhile.</summary>
    private T? WithFile<T>(Segment segment, Func<Segment, T?> look)
        where T : struct
    {
        if (!segment.File.TryRefer()) return null;
        try
        {
            return look(segment);
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            if (Array.IndexOf(Volatile.Read(ref _segments), segment) < 0) return null;
            throw GoOffline("cannot be read", failure);
        }
        finally
        {
            segment.File.Dispose();
        }
    }

    private static int FindSegment(Segment[] segments, long offset)
    {
        // Most reads are near the end.
        var index = segments.Length - 1;
        if (offset >= segments[index].BaseOffset) return index;

        var (low, high) = (0, index - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }

    /// <summary>Ends the log within the segment that holds <paramref name="offset"/>.</summary>
    private void Cut(long offset)
    {
        var index = FindSegment(_segments, offset);
        var segment = _segments[index];
        var end = segment.Find(offset);
        _cache.Truncate(end.Offset);
        _folder.SetRecoveryPoint(Math.Min(_folder.RecoveryPoint, segment.BaseOffset));

        var kept = new Segment(segment.File, segment.BaseOffset, Options.IndexIntervalBytes) { FirstTimestamp = segment.FirstTimestamp };
        var scan = new HeaderScan(segment.File, 0, end.Bytes, stackalloc byte[4096]);
        while (scan.MoveNext()) kept.Append(scan.Header);

        _writer.Dispose();
        Volatile.Write(ref _endOffset, end.Offset);
        var lost = _segments[(index + 1)..];
        Volatile.Write(ref _segments, [.. _segments[..index], kept]);
        foreach (var later in lost) _folder.Drop(later.File);
        _node.Calls.ZeroFrom(kept.File.Handle, end.Bytes);
        _writer = kept.File.OpenWriter(end.Bytes);
        SyncSegments();
        _flush.Reset(end.Offset);
    }

    private void StartAt(long offset) => Change("cannot be emptied", () =>
    {
        _cache.Truncate(0);
        _folder.SetRecoveryPoint(0);
        _writer.Dispose();
        foreach (var segment in _segments) _folder.Drop(segment.File);
        var first = new Segment(_folder.Create(offset, Options), offset, Options.IndexIntervalBytes);
        _writer = first.File.OpenWriter(0);
        Volatile.Write(ref _endOffset, offset);
        Volatile.Write(ref _startOffset, offset);
        Volatile.Write(ref _segments, [first]);
        SyncSegments();
        _flush.Reset(offset);
    });

    /// <summary>Changes what is already written, with no background work on this log's files before or during it.</summary>
    private void Change(string failed, Action change)
    {
        _node.Keeper.Drain();
        try
        {
            change();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw GoOffline(failed, failure);
        }
    }

    private bool IsExpired(Segment segment, long unixMilliseconds) =>
        Options.RetentionAge >= TimeSpan.Zero && segment.SizeBytes > 0 && segment.MaxTimestamp.Timestamp is >= 0 and var newest
        && unixMilliseconds - newest > Options.RetentionAge.TotalMilliseconds;

    private void CloseFiles()
    {
        _node.Keeper.Drain();
        _writer.Dispose();
        _node.Calls.Cut(Active.File.Handle, Active.SizeBytes);
        SyncSegments();
        var (offsets, times) = Active.SnapshotIndexes();
        Active.WriteIndexes(offsets, times);
        _folder.SetRecoveryPoint(EndOffset);
    }

    private void LetGo()
    {
        _writer.Dispose();
        _cache.Dispose();
        _folder.Close();
        foreach (var segment in _segments) segment.File.Dispose();
        _ = Interlocked.CompareExchange(ref _failure, new LogOfflineException($"the log in {_folder.Path} is closed"), null);
    }

    private void ThrowIfOffline()
    {
        if (Volatile.Read(ref _failure) is { } failure) ThrowOffline(failure);
    }

    [DoesNotReturn]
    private static void ThrowOffline(LogOfflineException failure) => throw new LogOfflineException(failure.Message, failure);

    private LogOfflineException GoOffline(string what, Exception cause)
    {
        var failure = new LogOfflineException($"the log in {_folder.Path} {what} and is offline: {cause.Message}", cause);
        if (Interlocked.CompareExchange(ref _failure, failure, null) is not { } earlier)
        {
            WentOffline?.Invoke(this, failure);
            return failure;
        }

        return earlier;
    }
}

/// <summary>Is shown one batch's header.</summary>
public delegate void BatchVisitor(BatchHeader header);
