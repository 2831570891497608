namespace Engine.Storage;

/// <summary>Does a log's slow work in the background: flushing closed segments, writing indexes, moving the recovery point on.</summary>
internal sealed class LogKeeper(LogState log, LogFolder folder, LogFlush flush, NodeFiles node)
{
    private long _endAtLastLook = -1;

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
        var isIdle = _endAtLastLook == end && folder.RecoveryPoint < end;
        _endAtLastLook = end;
        if (!isIdle) return;

        var (offsets, times) = active.SnapshotIndexes();
        Post(active, () =>
        {
            flush.Sync(active);
            active.WriteIndexes(offsets, times);
            folder.SetRecoveryPoint(end);
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
