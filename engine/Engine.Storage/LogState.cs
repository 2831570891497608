using System.Diagnostics.CodeAnalysis;
using Engine.Storage.Soundness;

namespace Engine.Storage;

/// <summary>What a log is at this moment: its segments, where it begins and ends, and whether it still serves.</summary>
/// <remarks>Changed by the log's writer, read by anyone without locks.</remarks>
internal sealed class LogState
{
    private readonly string _folder;
    private Segment[] _segments;
    private long _startOffset;
    private long _endOffset;
    private LogOfflineException? _failure;

    public LogState(string folder, Segment[] segments)
    {
        _folder = folder;
        (_startOffset, _endOffset) = (segments[0].BaseOffset, segments[^1].NextOffset);
        Segments = _segments = segments;
    }

    /// <summary>In offset order, the last one growing. A new array for every change.</summary>
    public Segment[] Segments
    {
        get => Volatile.Read(ref _segments);
        set
        {
            foreach (var segment in value) segment.Soundness.Found ??= damage => DamageFound?.Invoke(damage);
            Volatile.Write(ref _segments, value);
        }
    }

    public Segment Active => Segments[^1];

    public long StartOffset
    {
        get => Volatile.Read(ref _startOffset);
        set => Volatile.Write(ref _startOffset, value);
    }

    public long EndOffset
    {
        get => Volatile.Read(ref _endOffset);
        set => Volatile.Write(ref _endOffset, value);
    }

    public long SizeBytes
    {
        get
        {
            var size = 0L;
            foreach (var segment in Segments) size += segment.SizeBytes;
            return size;
        }
    }

    public bool IsOffline => Volatile.Read(ref _failure) is not null;

    /// <summary>Raised once for each stretch that is found damaged, on the thread that found it.</summary>
    public event Action<Damage>? DamageFound;

    /// <summary>Raised once, with why.</summary>
    public event Action<LogOfflineException>? WentOffline;

    /// <summary>Whether the segment is still part of the log, not dropped or replaced.</summary>
    public bool Holds(Segment segment) => Array.IndexOf(Segments, segment) >= 0;

    /// <exception cref="LogOfflineException">The log is offline.</exception>
    public void ThrowIfOffline()
    {
        if (Volatile.Read(ref _failure) is { } failure) ThrowOffline(failure);
    }

    /// <summary>Ends the log's service.</summary>
    /// <returns>What to throw: why it went offline first.</returns>
    public LogOfflineException GoOffline(string what, Exception cause)
    {
        var failure = new LogOfflineException($"the log in {_folder} {what} and is offline: {cause.Message}", cause);
        if (Interlocked.CompareExchange(ref _failure, failure, null) is { } earlier) return earlier;

        WentOffline?.Invoke(failure);
        return failure;
    }

    /// <summary>Ends the log's service because nobody wants it any more.</summary>
    public void Close() => Interlocked.CompareExchange(ref _failure, new LogOfflineException($"the log in {_folder} is closed"), null);

    /// <summary>What the file calls throw when the disk, the file system or the file's content is at fault.</summary>
    public static bool IsEnvironmental(Exception failure) => failure is IOException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>The number of the segment that holds <paramref name="offset"/>; -1 when it lies before all of them.</summary>
    public static int Find(Segment[] segments, long offset)
    {
        // Most reads are near the end.
        var last = segments.Length - 1;
        if (offset >= segments[last].BaseOffset) return last;

        var (low, high) = (0, last - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset) low = middle + 1;
            else high = middle - 1;
        }

        return high;
    }

    [DoesNotReturn]
    private static void ThrowOffline(LogOfflineException failure) => throw new LogOfflineException(failure.Message, failure);
}
