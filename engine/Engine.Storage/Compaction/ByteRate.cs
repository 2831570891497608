namespace Engine.Storage.Compaction;

/// <summary>Keeps background reading and writing to so many bytes a second, so that it takes no more of the disk than it is given.</summary>
/// <param name="bytesPerSecond"><see cref="long.MaxValue"/>: no limit.</param>
/// <param name="time">The clock.</param>
/// <param name="stop">Ends a wait, and with it the work.</param>
public sealed class ByteRate(long bytesPerSecond, TimeProvider time, CancellationToken stop)
{
    private long _paidUntil = time.GetTimestamp();

    /// <summary>Waits until as many bytes may be read or written.</summary>
    /// <exception cref="OperationCanceledException">The work is to end.</exception>
    public void Spend(int bytes)
    {
        stop.ThrowIfCancellationRequested();
        if (bytesPerSecond == long.MaxValue) return;

        var now = time.GetTimestamp();
        if (_paidUntil - now > 0 && stop.WaitHandle.WaitOne(time.GetElapsedTime(now, _paidUntil))) stop.ThrowIfCancellationRequested();
        _paidUntil = Math.Max(_paidUntil, now) + (long)((double)bytes * time.TimestampFrequency / bytesPerSecond);
    }
}
