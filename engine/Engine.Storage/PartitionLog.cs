using Engine.Core;
using Engine.Protocol.Records;
using Engine.Storage.Cache;
using Engine.Storage.Compaction;
using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <summary>One partition's record batches on disk, in offset order, as they were received.</summary>
/// <remarks>
/// One writer at a time appends and truncates; any number of threads read meanwhile without locks. A failure to write or flush
/// takes the log offline for good (<see cref="LogOfflineException"/>). Append and read allocate nothing once warm.
/// </remarks>
public sealed partial class PartitionLog
{
    // Held while the log's end or its list of segments changes: briefly, for the writer waits for it.
    private readonly Lock _writing = new();

    // Held by whoever takes away or replaces closed segments, for as long as that takes. Taken before the other; never by Append.
    private readonly Lock _reshaping = new();
    private readonly NodeFiles _node;
    private readonly LogFolder _folder;
    private readonly LogState _state;
    private readonly LogFlush _flush;
    private readonly LogKeeper _keeper;
    private readonly LogRetention _retention;
    private readonly LogReader _reader;
    private readonly IBatchCache _cache;
    private bool _isSpareAsked;
    private bool _isGrown; // So the file may be longer than what counts, reserved or padded.
    private bool _isClosed;

    /// <summary>Opens the log in a folder, checking and mending what a crash left. For <see cref="DataFolder"/>.</summary>
    internal PartitionLog(string topic, Guid topicId, int partition, LogFolder folder, LogOptions options, NodeFiles node)
    {
        (Topic, TopicId, Partition, Options) = (topic, topicId, partition, options);
        (_folder, _node) = (folder, node);

        var recovery = new Recovery(folder, options, node);
        var segments = recovery.Load(folder.RecoveryPoint);
        Recovered = recovery.Report;
        StartOverIfLost(segments);

        _state = new LogState(folder.Path, [.. segments]);
        _state.StartOffset = Math.Max(_state.StartOffset, folder.StartOffset);
        _flush = new LogFlush(_state, folder, node);
        _keeper = new LogKeeper(_state, folder, _flush, node);
        _retention = new LogRetention(_state, folder, options, _writing);
        _cache = node.Strategies.Cache.Instance.Create();
        _reader = new LogReader(_state, _cache);
        if (options.Compaction is not null && !node.Strategies.Write.Instance.IsVolatile)
            Compaction = new LogCompaction(_state, folder, options, node, _cache, _reshaping, _writing);
        _state.DamageFound += damage => DamageFound?.Invoke(this, damage);
        _state.WentOffline += failure => WentOffline?.Invoke(this, failure);
        _flush.Advanced += () =>
        {
            if (_flush.HoldsAcknowledgement) StoredAdvanced?.Invoke(this);
            FlushedAdvanced?.Invoke(this);
        };

        LostOffsets = Math.Max(0, folder.RecoveryPoint - EndOffset);
        // Less than was once durable: the disk lied. What is appended again must not count as durable.
        if (folder.RecoveryPoint > EndOffset) folder.SetRecoveryPoint(Active.BaseOffset);
        if (_flush.HoldsAcknowledgement || options.FlushesWhatItFinds) _flush.SyncAll(); // What was found is about to be acknowledged.
        _flush.Reset(EndOffset);
        foreach (var closed in _state.Segments.AsSpan()[..^1])
        {
            if (!closed.IsFlushed) _keeper.Seal(closed);
        }

        lock (_reshaping) _retention.DropBelowStart();
    }

    public string Topic { get; }

    public Guid TopicId { get; }

    public int Partition { get; }

    public LogOptions Options { get; }

    /// <summary>The log's own folder: a place for what belongs to this partition and dies with it. See <see cref="DurableFile"/>.</summary>
    /// <remarks>It is there from the first append on, also in later runs.</remarks>
    public string Folder => _folder.Path;

    /// <summary>Whether anything was ever appended, so that <see cref="Folder"/> is there.</summary>
    public bool HasFolder => _folder.IsMade;

    /// <summary>What compacts the log; null when its topic is not compacted, or where there are no files to swap.</summary>
    public LogCompaction? Compaction { get; }

    /// <summary>What opening the log found and did.</summary>
    public RecoveryReport Recovered { get; }

    /// <summary>The oldest offset that can be read; the batch that holds it may begin earlier.</summary>
    public long StartOffset => _state.StartOffset;

    /// <summary>The next record's offset: everything before it is written and can be read.</summary>
    public long EndOffset => _state.EndOffset;

    /// <summary>Where the newest segment begins.</summary>
    public long LastSegmentOffset => Active.BaseOffset;

    /// <summary>Whether the newest segment is the only one.</summary>
    public bool HasOneSegment => _state.Segments.Length == 1;

    /// <summary>Where the newest <paramref name="segments"/> segments begin; the first one's begin when there are fewer.</summary>
    public long SegmentOffsetFromEnd(int segments)
    {
        var all = _state.Segments;
        return all[Math.Max(0, all.Length - segments)].BaseOffset;
    }

    /// <summary>Everything before it is as safe as the flush policy wants it and may be acknowledged.</summary>
    public long StoredOffset => _flush.HoldsAcknowledgement ? _flush.FlushedOffset : EndOffset;

    /// <summary>Everything appended since the log was opened and before this offset is known to survive a power cut.</summary>
    public long FlushedOffset => _flush.FlushedOffset;

    public long SizeBytes => _state.SizeBytes;

    /// <summary>Whether a failure has ended this log's service until the node restarts.</summary>
    public bool IsOffline => _state.IsOffline;

    /// <summary>Reads answered from the batch cache, and those that were not.</summary>
    public (long Hits, long Misses) CacheCounts => _cache.Counts;

    /// <summary>
    /// <see cref="StoredOffset"/> has advanced, raised on a flusher thread: only for flushes that end after <see cref="Append"/> has
    /// returned. The handler must not block.
    /// </summary>
    public event Action<PartitionLog>? StoredAdvanced;

    /// <summary><see cref="FlushedOffset"/> has advanced, raised as <see cref="StoredAdvanced"/> is, under every policy.</summary>
    public event Action<PartitionLog>? FlushedAdvanced;

    /// <summary>The log has gone offline, raised once on the thread that found out. The handler must not block.</summary>
    public event Action<PartitionLog, LogOfflineException>? WentOffline;

    /// <summary>
    /// A stretch of the log has been found not to be what was written there, raised once on the thread that found it. It is not
    /// served any more until it is mended. The handler must not block.
    /// </summary>
    public event Action<PartitionLog, Damage>? DamageFound;

    /// <summary>What is known to be damaged at this moment.</summary>
    public IEnumerable<Damage> Damages => _state.Segments.SelectMany(segment => segment.Soundness.Damages);

    /// <summary>Offsets at the log's end that were durable once and were gone when it was opened: the disk, or someone, took them.</summary>
    public long LostOffsets { get; }

    private Segment Active => _state.Active;

    /// <summary>Whether the next start would find anything other than this one did, or need to check it.</summary>
    private bool HasChanged => Active.IsMade && (_isGrown || _folder.RecoveryPoint != EndOffset || !Active.IsFlushed);

    /// <summary>Writes batches at the log's end; on return they can be read.</summary>
    /// <param name="batches">Whole, checked batches with their offsets assigned, the first at <see cref="EndOffset"/>.</param>
    /// <param name="mayLeaveGaps">Whether offsets may be left out: a follower takes what its leader's compaction has left.</param>
    /// <exception cref="ArgumentException">The batches do not continue the log: a bug of the caller. Nothing is written.</exception>
    /// <exception cref="LogOfflineException">They could not be written or, where the policy flushes inline, flushed.</exception>
    public void Append(ReadOnlySpan<byte> batches, bool mayLeaveGaps = false)
    {
        int count;
        var now = _node.Now; // Read once: a clock costs as much as all else here but the write.
        lock (_writing)
        {
            _state.ThrowIfOffline();
            var end = EndOffset;
            var next = Follow(batches, end, mayLeaveGaps, out count);
            if (count == 0) return;
            if (count > 1 && next - end > int.MaxValue)
            {
                AppendSingly(batches);
                return;
            }

            try
            {
                if (!Active.IsMade) StartFile();
                else if (IsRollDue(batches.Length, next, now)) Roll();
                var active = Active;
                _isGrown = true;
                active.File.Write(active.SizeBytes, batches);
                if (active.FirstAppend == Instant.Never) active.FirstAppend = now;
                _cache.Put(batches, end);
                active.Append(batches);
            }
            catch (Exception failure) when (LogState.IsEnvironmental(failure))
            {
                throw _state.GoOffline("cannot be written", failure);
            }

            _state.EndOffset = next;
        }

        _flush.Appended(batches.Length, count, now);
    }

    /// <summary>Flushes now, on this thread, what a policy that holds acknowledgements has not flushed yet. Else does nothing.</summary>
    /// <exception cref="LogOfflineException">It could not be flushed.</exception>
    public void EnsureStored()
    {
        _state.ThrowIfOffline();
        if (_flush.HoldsAcknowledgement && _flush.FlushedOffset < EndOffset) _flush.Flush();
    }

    /// <summary>Has everything written so far flushed in the background as soon as a flusher is free, whatever the policy says. Does not block.</summary>
    public void BeginFlush() => _flush.Begin(_node.Now);

    /// <summary>Flushes now, on this thread, what is not flushed yet, whatever the policy says.</summary>
    /// <exception cref="LogOfflineException">It could not be flushed.</exception>
    public void EnsureFlushed()
    {
        _state.ThrowIfOffline();
        if (_flush.FlushedOffset < EndOffset) _flush.Flush();
    }

    /// <summary>Batches from the one that holds <paramref name="offset"/> on, as many as there are before <paramref name="boundOffset"/>.</summary>
    /// <param name="offset">Where to begin.</param>
    /// <param name="boundOffset">A batch boundary, or anything past the end: what the reader may see.</param>
    /// <param name="maxBytes">The most to return; cut at a batch boundary where one is known without reading.</param>
    /// <param name="atLeastOneBatch">Return the first batch whole even if it exceeds <paramref name="maxBytes"/>, else nothing then.</param>
    /// <param name="slice">What was found, to be released; empty when there is nothing between the offsets.</param>
    /// <returns>False when the log does not hold that offset: it lies before its start or past its end.</returns>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public bool TryRead(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, out LogSlice slice) =>
        Read(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait: true, out slice) != ReadOutcome.OutOfRange;

    /// <summary>The same for callers that may not wait for the disk.</summary>
    /// <inheritdoc cref="TryRead" path="/param"/>
    /// <param name="mayWait">
    /// Whether to wait for the disk. Even then the slice may be one whose bytes are read only when it is used: see <see cref="LogSlice.IsAtHand"/>.
    /// </param>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public ReadOutcome Read(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice) =>
        _reader.Read(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait, out slice);

    /// <summary>The same for a reader that goes on from there without having looked at the batches.</summary>
    /// <inheritdoc cref="Read" path="/param"/>
    /// <param name="next">The offset behind the slice, where it reaches up to the bound or to a segment's end; else -1.</param>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public ReadOutcome ReadOn(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice, out long next) =>
        _reader.Read(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait, out slice, out next);

    /// <summary>The same for consumers of a compacted log: the first batch has records.</summary>
    /// <remarks>
    /// Compaction leaves a batch without records where a segment ends and for a producer's last sequence number. Clients skip those, but
    /// many of them fail over an answer that holds nothing else.
    /// </remarks>
    /// <inheritdoc cref="Read" path="/param"/>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public ReadOutcome ReadRecords(long offset, long boundOffset, int maxBytes, bool atLeastOneBatch, bool mayWait, out LogSlice slice) =>
        _reader.ReadRecords(offset, boundOffset, maxBytes, atLeastOneBatch, mayWait, out slice);

    /// <summary>Shows every batch header from the one that holds <paramref name="fromOffset"/> to the end, in order.</summary>
    /// <remarks>For rebuilding what is derived from the batches: leader epochs, producer state. Reads headers only.</remarks>
    public void VisitBatches(long fromOffset, BatchVisitor visit) => _reader.VisitBatches(fromOffset, visit);

    /// <summary>The first record at least as young as <paramref name="timestamp"/> (Unix milliseconds); null when there is none.</summary>
    /// <remarks>
    /// May lie past what a consumer is allowed to see: the caller compares. Of a compressed batch, the first offset stands for all.
    /// </remarks>
    public (long Offset, long Timestamp)? OffsetForTimestamp(long timestamp) => _reader.OffsetForTimestamp(timestamp);

    /// <summary>The first record with the largest timestamp in the log; null when the log is empty or its records have no timestamps.</summary>
    public (long Offset, long Timestamp)? MaxTimestamp() => _reader.MaxTimestamp();

    /// <summary>Makes everything durable and trusted by the next start, and lets go of the files.</summary>
    /// <returns>Whether all went well.</returns>
    internal bool Close()
    {
        lock (_reshaping)
        lock (_writing)
        {
            if (_isClosed) return !IsOffline;
            var isSound = !IsOffline;
            try
            {
                if (isSound) CloseFiles();
            }
            catch (Exception failure) when (LogState.IsEnvironmental(failure) || failure is LogOfflineException)
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
        lock (_reshaping)
        lock (_writing)
        {
            if (!_isClosed) LetGo();
        }
    }

    /// <summary>Checks that the batches are whole and continue a log that ends at <paramref name="end"/>.</summary>
    /// <returns>Where it ends with them.</returns>
    private static long Follow(ReadOnlySpan<byte> batches, long end, bool mayLeaveGaps, out int count)
    {
        count = 0;
        while (batches.Length > 0)
        {
            if (batches.Length < BatchHeader.Size) throw new ArgumentException("the bytes end within a batch", nameof(batches));
            var header = new BatchHeader(batches);
            if (header.SizeBytes < BatchHeader.Size || header.SizeBytes > batches.Length)
                throw new ArgumentException("the bytes end within a batch", nameof(batches));
            if (header.BaseOffset < end || (header.BaseOffset > end && !mayLeaveGaps) || header.LastOffsetDelta < 0)
                throw new ArgumentException($"the batch with base offset {header.BaseOffset} does not continue the log, which ends at {end}", nameof(batches));
            end = header.NextOffset;
            count++;
            batches = batches[header.SizeBytes..];
        }

        return end;
    }

    /// <summary>A run too wide for one segment, whose indexes' offsets are 32 bits: it may have to roll within.</summary>
    private void AppendSingly(ReadOnlySpan<byte> batches)
    {
        while (batches.Length > 0)
        {
            var size = new BatchHeader(batches).SizeBytes;
            Append(batches[..size], mayLeaveGaps: true); // As the caller said, or they would not be here.
            batches = batches[size..];
        }
    }

    private bool IsRollDue(int bytes, long next, Instant now)
    {
        var active = Active;
        if (!_isSpareAsked && active.SizeBytes > Options.SegmentBytes / 2)
        {
            _isSpareAsked = true;
            _folder.PrepareSpare(Options);
        }

        if (active.SizeBytes == 0) return false;
        return active.SizeBytes + bytes > Options.SegmentBytes
            || next - active.BaseOffset > int.MaxValue // the indexes' offsets are 32 bits
            || (Options.SegmentAge > TimeSpan.Zero && active.FirstAppend != Instant.Never && now - active.FirstAppend > Options.SegmentAge);
    }

    /// <summary>The log's first batch is about to come: makes its folder and its first file.</summary>
    private void StartFile()
    {
        var first = Active;
        _state.Segments = [new Segment(_folder.Create(first.BaseOffset, Options), first.BaseOffset, Options.IndexIntervalBytes)];
    }

    private void EndWriting()
    {
        using var use = Active.File.Refer();
        Active.File.Settle();
        Active.File.EndWriting();
    }

    private void Roll()
    {
        var closed = Active;
        var file = _folder.Create(closed.NextOffset, Options);
        EndWriting();
        _isSpareAsked = false;
        _state.Segments = [.. _state.Segments, new Segment(file, closed.NextOffset, Options.IndexIntervalBytes, closed)];
        _keeper.Seal(closed);
    }

    /// <summary>Gives an empty log its first segment, whose file the first append makes. So too one that lost, with the power, more than was ever deleted of it.</summary>
    private void StartOverIfLost(List<Segment> segments)
    {
        // Its offsets may have been given to records before: they are not given out again.
        if (segments.Count > 0 && segments[^1].NextOffset >= _folder.StartOffset) return;

        foreach (var lost in segments) _folder.Drop(lost.File);
        segments.Clear();
        segments.Add(new Segment(_folder.FileOf(_folder.StartOffset, Options), _folder.StartOffset, Options.IndexIntervalBytes, isMade: false));
    }

    private void CloseFiles()
    {
        _keeper.Settle();
        if (!HasChanged) return;

        EndWriting();
        using (Active.File.Refer()) _node.Calls.Cut(Active.File.Handle, Active.SizeBytes);
        _flush.SyncAll();
        var (offsets, times) = Active.SnapshotIndexes();
        _folder.SetRecoveryPoint(EndOffset, Active.WriteIndexes(offsets, times));
    }

    private void LetGo()
    {
        _isClosed = true;
        _state.Close();
        _cache.Dispose();
        _folder.Close();
        foreach (var segment in _state.Segments) segment.File.Dispose();
    }
}
