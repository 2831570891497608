using Engine.Core;
using Engine.Storage.Flush;

namespace Engine.Storage;

/// <summary>Keeps count of what a log has not flushed, asks the policy when to, and flushes.</summary>
/// <remarks>Thread-safe: the appender adds, the appender or a flusher thread flushes, and both may be at it at once.</remarks>
internal sealed class LogFlush(LogState log, LogFolder folder, NodeFiles node)
{
    private readonly IFlushPolicy _policy = node.Strategies.Flush.Instance;
    private readonly Lock _state = new();
    private long _bytes;
    private int _batches;
    private Instant _oldestAppend;
    private Instant _due = Instant.Never;
    private long _flushedOffset;
    private int _resets;
    private bool _isBusy;
    private bool _isDueAgain;
    private Segment? _paced;
    private long _pacedBytes;

    public bool HoldsAcknowledgement => _policy.HoldsAcknowledgement;

    /// <summary>Everything before it is durable.</summary>
    public long FlushedOffset => Volatile.Read(ref _flushedOffset);

    /// <summary>A flusher thread has moved <see cref="FlushedOffset"/>.</summary>
    public event Action? Advanced;

    /// <summary>Counts an append that readers can see already, and flushes it if the policy wants that before anything else.</summary>
    public void Appended(int bytes, int batches, Instant now)
    {
        if (_policy.WritebackStepBytes > 0) Pace();
        Instant due;
        lock (_state)
        {
            if (_batches == 0) _oldestAppend = now;
            _bytes += bytes;
            _batches += batches;
            due = _policy.FlushAt(new UnflushedTail(_bytes, _batches, _oldestAppend, now));
            if (due != Instant.AtOnce)
            {
                if (due >= _due) return;
                _due = due;
            }
        }

        if (due == Instant.AtOnce) Flush();
        else node.Flusher.Schedule(this, due);
    }

    /// <summary>Has a flusher thread flush as soon as one is free; what is appended while it does goes with the next round.</summary>
    public void Begin(Instant now)
    {
        lock (_state)
        {
            if (_flushedOffset >= log.EndOffset || now >= _due) return;
            _due = now;
        }

        node.Flusher.Schedule(this, now);
    }

    /// <summary>Makes everything written so far durable before it returns.</summary>
    /// <returns>Whether <see cref="FlushedOffset"/> moved.</returns>
    /// <exception cref="LogOfflineException">It could not; the log is offline.</exception>
    public bool Flush()
    {
        long end;
        int resets;
        lock (_state)
        {
            end = log.EndOffset;
            resets = _resets;
            (_bytes, _batches, _due) = (0, 0, Instant.Never);
        }

        SyncAll(_policy.WritesThrough);
        lock (_state)
        {
            if (resets != _resets || end <= _flushedOffset) return false;
            Volatile.Write(ref _flushedOffset, end);
            return true;
        }
    }

    /// <summary>A deadline has come. On a flusher thread; one at a time a log, so that a slow disk does not occupy them all.</summary>
    public void FlushDue(Instant due)
    {
        lock (_state)
        {
            if (due != _due) return; // Flushed, or due earlier, since.
            if (_isBusy)
            {
                _isDueAgain = true;
                return;
            }

            _isBusy = true;
        }

        var again = true;
        while (again)
        {
            try
            {
                if (Flush()) Advanced?.Invoke();
            }
            catch (LogOfflineException)
            {
                // Whoever listens has been told; from now on the log refuses everything.
            }

            lock (_state)
            {
                again = _isDueAgain;
                _isDueAgain = false;
                _isBusy = again;
            }
        }
    }

    /// <summary>The log ends at <paramref name="endOffset"/> with nothing left to flush: after opening and truncation.</summary>
    public void Reset(long endOffset)
    {
        lock (_state)
        {
            _resets++; // A flush that is under way must not report what it began with.
            (_bytes, _batches, _due) = (0, 0, Instant.Never);
            Volatile.Write(ref _flushedOffset, endOffset);
        }
    }

    /// <summary>Makes all segments durable that are not yet, the oldest first.</summary>
    /// <param name="isWrittenThrough">What was appended is durable already, only names may not be. Not after a truncation.</param>
    /// <exception cref="LogOfflineException">One could not be; the log is offline.</exception>
    public void SyncAll(bool isWrittenThrough = false)
    {
        var segments = log.Segments;
        var first = segments.Length - 1;
        while (first > 0 && !segments[first - 1].IsFlushed) first--;
        foreach (var segment in segments.AsSpan(first)) Sync(segment, isWrittenThrough);
    }

    /// <summary>Makes one segment durable, its name in the folder included.</summary>
    /// <exception cref="LogOfflineException">It could not be; the log is offline.</exception>
    public void Sync(Segment segment, bool isWrittenThrough = false)
    {
        if (!segment.File.TryRefer()) return;
        try
        {
            // One at a time: the kernel tells a write error to one fdatasync only, and another beside it would report success.
            lock (segment.Syncing)
            {
                log.ThrowIfOffline();
                if (!segment.IsFlushed) SyncAlone(segment, isWrittenThrough);
            }

            node.Strategies.Write.Instance.Flushed(segment.File, segment.FlushedBytes, isFull: segment != log.Segments[^1]);
        }
        finally
        {
            segment.File.Dispose();
        }
    }

    private void SyncAlone(Segment segment, bool isWrittenThrough)
    {
        try
        {
            var size = segment.SizeBytes;
            segment.File.Settle();
            if (!segment.IsNameDurable) folder.SyncNames();
            segment.IsNameDurable = true;
            if (!isWrittenThrough) node.Calls.SyncData(segment.File.Handle);
            segment.FlushedBytes = size;
        }
        catch (Exception failure) when (LogState.IsEnvironmental(failure))
        {
            throw log.GoOffline("cannot be flushed", failure);
        }
    }

    /// <summary>Has the kernel start on what has gathered since the last time: whole pages, as the last one is about to be written again.</summary>
    private void Pace()
    {
        const long pageBytes = 4096;
        var active = log.Active;
        if (_paced != active) (_paced, _pacedBytes) = (active, 0); // The rest of a closed segment is flushed as it is sealed.
        var end = active.SizeBytes / pageBytes * pageBytes;
        if (end - _pacedBytes < _policy.WritebackStepBytes || !active.File.TryRefer()) return;
        try
        {
            active.File.Settle();
            node.Calls.StartWriteback(active.File.Handle, _pacedBytes, end - _pacedBytes);
            _pacedBytes = end;
        }
        catch (Exception failure) when (LogState.IsEnvironmental(failure))
        {
            throw log.GoOffline("cannot be written back", failure);
        }
        finally
        {
            active.File.Dispose();
        }
    }
}
