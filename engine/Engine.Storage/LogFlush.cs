using Engine.Core;
using Engine.Storage.Flush;

namespace Engine.Storage;

/// <summary>Keeps count of what a log has not flushed, asks the policy when to, and flushes.</summary>
/// <remarks>Thread-safe: the appender adds, the appender or a flusher thread flushes, and both may be at it at once.</remarks>
internal sealed class LogFlush(PartitionLog log, NodeFiles node)
{
    private readonly IFlushPolicy _policy = node.Strategies.Flush.Instance;
    private readonly Lock _state = new();
    private long _bytes;
    private int _batches;
    private Instant _oldestAppend;
    private Instant _due = Instant.Never;
    private long _flushedOffset;
    private int _truncations;
    private bool _isBusy;
    private bool _isDueAgain;

    public bool HoldsAcknowledgement => _policy.HoldsAcknowledgement;

    /// <summary>Everything before it is durable.</summary>
    public long FlushedOffset => Volatile.Read(ref _flushedOffset);

    /// <summary>Counts an append that readers can see already, and flushes it if the policy wants that before anything else.</summary>
    public void Appended(int bytes, int batches)
    {
        Instant due;
        lock (_state)
        {
            var now = node.Now;
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

    /// <summary>Makes everything written so far durable before it returns.</summary>
    /// <returns>Whether <see cref="FlushedOffset"/> moved.</returns>
    /// <exception cref="LogOfflineException">It could not; the log is offline.</exception>
    public bool Flush()
    {
        long end;
        int truncations;
        lock (_state)
        {
            end = log.EndOffset;
            truncations = _truncations;
            (_bytes, _batches, _due) = (0, 0, Instant.Never);
        }

        log.SyncSegments();
        lock (_state)
        {
            if (truncations != _truncations || end <= _flushedOffset) return false;
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
                if (Flush() && HoldsAcknowledgement) log.RaiseStoredAdvanced();
            }
            catch (LogOfflineException)
            {
                // The log has told whoever listens, and refuses everything from now on.
            }

            lock (_state)
            {
                again = _isDueAgain;
                _isDueAgain = false;
                _isBusy = again;
            }
        }
    }

    /// <summary>The log now begins or ends at <paramref name="endOffset"/> with all of it durable: after opening and truncation.</summary>
    public void Reset(long endOffset)
    {
        lock (_state)
        {
            _truncations++;
            (_bytes, _batches, _due) = (0, 0, Instant.Never);
            Volatile.Write(ref _flushedOffset, endOffset);
        }
    }
}
