using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <content>What is written already and changes: cut at its end, dropped at its begin, mended in between.</content>
public sealed partial class PartitionLog
{
    /// <summary>Removes everything from <paramref name="offset"/> on; a batch that only begins before it goes as a whole.</summary>
    /// <remarks>
    /// For followers whose tail the leader does not have. Readers never see that tail replaced under them as long as they are bound
    /// by what is committed; a slice of it that is still being sent turns into zeros. On return the removal is durable.
    /// </remarks>
    public void TruncateTo(long offset)
    {
        lock (_reshaping)
        lock (_writing)
        {
            _state.ThrowIfOffline();
            if (offset >= EndOffset) return;
            if (offset <= StartOffset) Change("cannot be emptied", () => StartAt(StartOffset, StartOffset));
            else Change("cannot be truncated", () => Cut(offset));
        }
    }

    /// <summary>Removes everything and goes on at <paramref name="offset"/>: a follower whose leader no longer has what comes next.</summary>
    /// <param name="offset">Where the next batch begins.</param>
    /// <param name="startOffset">The first of its records that is to be read, where older ones in it were deleted; null: all.</param>
    public void TruncateFullyAndStartAt(long offset, long? startOffset = null)
    {
        lock (_reshaping)
        lock (_writing)
        {
            _state.ThrowIfOffline();
            Change("cannot be emptied", () => StartAt(offset, startOffset ?? offset));
        }
    }

    /// <summary>Makes <paramref name="offset"/> the log's start. On return older records can no longer be read, also not after a power cut.</summary>
    /// <remarks>
    /// Its end, where that comes first; nothing happens when it starts there or later. Whole segments are dropped, their files in
    /// the background.
    /// </remarks>
    /// <exception cref="IOException">It could not be recorded; nothing has changed.</exception>
    /// <exception cref="LogOfflineException">The log is or goes offline.</exception>
    public void DeleteBefore(long offset)
    {
        lock (_reshaping)
        {
            _state.ThrowIfOffline();
            offset = Math.Min(offset, EndOffset);
            if (offset <= StartOffset) return;

            _folder.SetStartOffset(offset);
            lock (_writing)
            {
                _state.StartOffset = offset;
                Guard("cannot be shortened", () =>
                {
                    if (offset == EndOffset && Active.SizeBytes > 0) Roll(); // So that the last file can go as well.
                });
            }

            _retention.DropBelowStart();
        }
    }

    /// <summary>Drops whole segments that exceed what <see cref="Options"/> keep, their files in the background. To be called now and then.</summary>
    /// <param name="unixMilliseconds">Now, in the unit of record timestamps.</param>
    /// <param name="belowOffset">Drops only what lies wholly before it: the high watermark, lest what others still need goes.</param>
    /// <exception cref="LogOfflineException">The log goes offline.</exception>
    public void Retain(long unixMilliseconds, long belowOffset = long.MaxValue)
    {
        lock (_reshaping)
        {
            if (IsOffline) return;
            Guard("cannot be kept in bounds", () =>
            {
                lock (_writing)
                {
                    if (IsOffline) return;
                    if (EndOffset <= belowOffset && _retention.IsExpired(Active, unixMilliseconds)) Roll();
                    _keeper.CheckpointIfIdle();
                }

                _retention.DropExpired(unixMilliseconds, belowOffset);
                foreach (var segment in _state.Segments.AsSpan()[..^1]) segment.ForgetIdleIndexes();
            });
        }
    }

    /// <summary>Notes what is durable, so that a start after a crash need not read it. To be called now and then, by one thread.</summary>
    public void Checkpoint() => _keeper.CheckpointFlushed();

    /// <summary>Writes what a replica holds of a damaged stretch over it; on return it is durable and served again.</summary>
    /// <param name="damage">One of <see cref="Damages"/>.</param>
    /// <param name="batches">The same batches as they were written, from a replica: checked here against their CRCs and the damage.</param>
    /// <returns>False when these cannot be what was there.</returns>
    /// <exception cref="LogOfflineException">They could not be written.</exception>
    public bool TryMend(Damage damage, ReadOnlySpan<byte> batches)
    {
        lock (_reshaping)
        {
            _state.ThrowIfOffline();
            if (_state.Segments.FirstOrDefault(one => one.Soundness.Damages.Contains(damage)) is not { } segment) return true; // Gone, or mended.
            if (!Mending.Fits(damage, batches)) return false;

            var bytes = batches.ToArray();
            lock (_writing)
            {
                Guard("cannot be mended", () =>
                {
                    if (segment == Active) segment.File.EndWriting(); // It may hold a copy of the last block, which would come back.
                    Mending.Overwrite(segment, damage, bytes, _node.Calls);
                });
            }

            return segment.Soundness.Forget(damage);
        }
    }

    /// <summary>Changes what is already written, with no background work on this log's files before or during it.</summary>
    private void Change(string failed, Action change)
    {
        _keeper.Settle();
        Guard(failed, change);
    }

    /// <summary>What fails half done leaves the log in no state to go on from.</summary>
    private void Guard(string failed, Action change)
    {
        try
        {
            using (Active.File.Refer()) Active.File.Settle();
            change();
        }
        catch (Exception failure) when (LogState.IsEnvironmental(failure))
        {
            throw _state.GoOffline(failed, failure);
        }
    }

    /// <summary>Ends the log within the segment that holds <paramref name="offset"/>.</summary>
    private void Cut(long offset)
    {
        var segments = _state.Segments;
        var number = LogState.Find(segments, offset);
        var segment = segments[number];
        var end = BoundaryAt(segment, offset);
        if (end.Offset < StartOffset)
        {
            // The batch goes as a whole, and the log began within it.
            StartAt(StartOffset, StartOffset);
            return;
        }

        Compaction?.Truncated(offset);
        _folder.SetRecoveryPoint(Math.Min(_folder.RecoveryPoint, segment.BaseOffset));

        LogFolder.DropIndexes(segment.File); // They tell of batches that others will take the place of.
        var kept = new Segment(segment.File, segment.BaseOffset, Options.IndexIntervalBytes) { FirstAppend = segment.FirstAppend };
        kept.AppendFrom(segment, end.Bytes);
        kept.Soundness.Inherit(segment.Soundness, end);

        // Where the last batch left ends: that is also what a restart finds, where compaction has left a gap before the offset.
        _cache.Truncate(kept.NextOffset);
        segments[^1].File.EndWriting();
        _state.EndOffset = kept.NextOffset;
        _state.Segments = [.. segments[..number], kept];
        _cache.Truncate(kept.NextOffset);
        foreach (var lost in segments.AsSpan(number + 1)) _folder.Drop(lost.File);
        using (kept.File.Refer()) _node.Calls.ZeroFrom(kept.File.Handle, end.Bytes);
        _flush.SyncAll();
        _flush.Reset(kept.NextOffset);
    }

    /// <summary>Where to cut for an offset: a damaged stretch goes as a whole, as a batch does.</summary>
    private static LogPosition BoundaryAt(Segment segment, long offset)
    {
        try
        {
            return segment.Find(offset);
        }
        catch (DamagedLogException damaged)
        {
            return new LogPosition(damaged.Damage.Offset, damaged.Damage.Position);
        }
    }

    private void StartAt(long offset, long startOffset)
    {
        // A recorded start counts from now on: first, or a crash would bring back what is dropped here.
        if (startOffset != offset || _folder.StartOffset > startOffset) _folder.SetStartOffset(startOffset);
        Compaction?.Truncated(0);
        _cache.Truncate(0);
        _folder.SetRecoveryPoint(0);
        Active.File.EndWriting();
        if (Active.IsMade)
        {
            foreach (var segment in _state.Segments) _folder.Drop(segment.File);
        }

        var first = new Segment(_folder.Create(offset, Options), offset, Options.IndexIntervalBytes);
        _state.EndOffset = offset;
        _state.StartOffset = startOffset;
        _state.Segments = [first];
        _cache.Truncate(0);
        _flush.SyncAll();
        _flush.Reset(offset);
    }
}
