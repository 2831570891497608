using Engine.Protocol.Records;

namespace Engine.Storage;

/// <summary>Walks the batch headers of a stretch of a segment's file without reading the records.</summary>
/// <param name="file">The segment's file, to which the caller holds a reference.</param>
/// <param name="position">Where the first batch begins.</param>
/// <param name="end">Where the stretch ends.</param>
/// <param name="window">Scratch memory; several small batches are had with one read when it is a few KiB.</param>
/// <param name="mayWait">Whether to wait for the disk, or to end at a header that is not in memory.</param>
internal ref struct HeaderScan(SegmentFile file, long position, long end, Span<byte> window, bool mayWait = true)
{
    private readonly Span<byte> _window = window;
    private long _windowStart;
    private int _windowBytes;
    private long _next = position;

    /// <summary>Where the current batch begins; after the last one, where the sound batches end.</summary>
    public long Position { get; private set; } = position;

    /// <summary>The current batch's header.</summary>
    public BatchHeader Header { get; private set; }

    /// <summary>Where the current batch ends.</summary>
    public readonly long Next => _next;

    /// <summary>Goes to the next batch; false at the end, or where what follows is not a whole batch.</summary>
    public bool MoveNext()
    {
        Position = _next;
        if (Position + BatchHeader.Size > end) return false;

        if (Position < _windowStart || Position + BatchHeader.Size > _windowStart + _windowBytes)
        {
            _windowStart = Position;
            _windowBytes = (int)Math.Min(_window.Length, end - Position);
            if (mayWait) file.ReadExactly(Position, _window[.._windowBytes]);
            else if (!file.TryReadCached(Position, _window[.._windowBytes])) return Forget();
        }

        var header = new BatchHeader(_window.Slice((int)(Position - _windowStart), BatchHeader.Size));
        if (header.Magic != 2 || header.SizeBytes < BatchHeader.Size || header.LastOffsetDelta < 0 || Position + header.SizeBytes > end)
            return false;

        Header = header;
        _next = Position + header.SizeBytes;
        return true;
    }

    private bool Forget()
    {
        _windowBytes = 0;
        return false;
    }
}
