namespace Engine.Storage;

/// <summary>Does a log's slow work in the background: flushing closed segments, writing indexes, moving the recovery point on.</summary>
internal sealed class LogKeeper(LogState log, LogFolder folder, LogFlush flush, NodeFiles node)
{
    // Bytes of the growing segment that may become durable before the recovery point follows: what a start after a crash reads at most
    // per log, but for what came in since the last look.
    private const long StepBytes = 16 << 20;

    private long _endAtLastLook = -1;
    private Segment? _checkpointed; // The segment last looked at, how long it was, and up to where it counts as trusted.
    private long _sizeAtLastLook;
    private long _checkpointedBytes;

    /// <summary>Makes a closed segment durable and lets the recovery point follow. In the order asked for.</summary>
    public void Seal(Segment segment) => Post(segment, () =>
    {
        node.Calls.Cut(segment.File.Handle, segment.SizeBytes); // Gives back what was reserved beyond.
        flush.Sync(segment);
        var (offsets, times) = segment.SnapshotIndexes();
        segment.WriteIndexes(offsets, times);
        folder.SetRecoveryPoint(segment.NextOffset);
        segment.ForgetIndexes();
    });

    /// <summary>
    /// Makes a log that has not grown since it was last looked at durable and trusted, so that a node with many idle logs need not
    /// read them all after a crash. Called by the writer, or with it locked out.
    /// </summary>
    public void CheckpointIfIdle()
    {
        var (active, end) = (log.Active, log.EndOffset);
        var isIdle = active.IsMade && _endAtLastLook == end && folder.RecoveryPoint < end;
        _endAtLastLook = end;
        if (!isIdle) return;

        var (offsets, times) = active.SnapshotIndexes();
        Post(active, () =>
        {
            flush.Sync(active);
            folder.SetRecoveryPoint(end, active.WriteIndexes(offsets, times));
        });
    }

    /// <summary>
    /// Lets the recovery point follow what the flush policy has made durable meanwhile, without a flush of its own: in steps while
    /// the log grows, all of it once it rests. To be called now and then, by one thread.
    /// </summary>
    public void CheckpointFlushed()
    {
        if (node.Strategies.Write.Instance.IsVolatile) return; // A restart finds nothing.
        var active = log.Active;
        if (active != _checkpointed) (_checkpointed, _sizeAtLastLook, _checkpointedBytes) = (active, -1, 0);
        var (size, flushed) = (active.SizeBytes, active.FlushedBytes);
        var isResting = size == _sizeAtLastLook && size == flushed;
        _sizeAtLastLook = size;
        if (flushed - _checkpointedBytes < (isResting ? 1 : StepBytes)) return;

        _checkpointedBytes = flushed;
        Post(active, () =>
        {
            // What is not durable before this segment is so once it is sealed, which is asked for already.
            if (log.Segments[0] != active && folder.RecoveryPoint < active.BaseOffset) return;
            var (offsets, times, next) = active.SnapshotIndexesBefore(flushed);
            if (next <= folder.RecoveryPoint) return;
            folder.SetRecoveryPoint(next, active.WriteIndexes(offsets, times));
        });
    }

    /// <summary>Returns once everything asked for so far is done.</summary>
    public void Settle() => node.Keeper.Drain();

    /// <summary>Does work on a segment's files in the background, unless the log has changed its mind about the segment by then.</summary>
    private void Post(Segment segment, Action work) => node.Keeper.Post(() =>
    {
        lock (folder.Maintenance)
        {
            if (log.IsOffline || !log.Holds(segment) || !segment.File.TryRefer()) return;
            try
            {
                work();
            }
            catch (Exception failure) when (LogState.IsEnvironmental(failure))
            {
                _ = log.GoOffline("cannot be flushed", failure);
            }
            catch (LogOfflineException)
            {
                // Whoever listens has been told.
            }
            finally
            {
                segment.File.Dispose();
            }
        }
    });
}
