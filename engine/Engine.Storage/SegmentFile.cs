using Engine.Storage.Native;
using Engine.Storage.Read;
using Engine.Storage.Write;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage;

/// <summary>One segment's <c>.log</c> file: opened when first needed, closed when neither the log nor a slice refers to it.</summary>
/// <remarks>
/// Thread-safe. The log holds the first reference. The last one to go may be a slow client's; the close, which frees a deleted
/// file's blocks and can take most of a second, is therefore left to a background thread.
/// </remarks>
public sealed class SegmentFile : IDisposable
{
    private readonly Lock _opening = new();
    private readonly NodeFiles _node;
    private readonly long _expectedBytes;
    private SafeFileHandle? _handle;
    private ISegmentReader? _reader;
    private ISegmentWriter? _writer;
    private int _references = 1;

    internal SegmentFile(string path, long expectedBytes, NodeFiles node)
    {
        Path = path;
        _expectedBytes = expectedBytes;
        _node = node;
    }

    public string Path { get; private set; }

    /// <summary>The file open for buffered reading and writing. Only while a reference is held.</summary>
    public SafeFileHandle Handle => Volatile.Read(ref _handle) ?? OpenHandle();

    internal FileCalls Calls => _node.Calls;

    internal ISegmentReader Reader => Volatile.Read(ref _reader) ?? OpenReader();

    /// <summary>The file's length on disk, which may exceed what counts as written.</summary>
    internal long LengthBytes => RandomAccess.GetLength(Handle);

    /// <summary>Takes a reference unless the last one is gone already.</summary>
    internal bool TryRefer()
    {
        var seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            var found = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (found == seen) return true;
            seen = found;
        }

        return false;
    }

    /// <summary>A further reference for someone who holds one; each is given up by one <see cref="Dispose"/>.</summary>
    public IDisposable Refer()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    /// <summary>Gives up one reference.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) > 0) return;
        if (!_node.Sweeper.Post(Close)) Close(); // The node has stopped; a client was still being sent to.
    }

    /// <summary>Whether nothing is acknowledged before it is flushed, so that a writer may keep bytes back until then.</summary>
    internal bool MayHold => _node.Strategies.Flush.Instance.HoldsAcknowledgement;

    /// <summary>Whether each write is to be durable when it returns: the file is open with O_DSYNC.</summary>
    internal bool WritesThrough => _node.Strategies.Flush.Instance.WritesThrough;

    /// <summary>Starts a writer that goes on at <paramref name="position"/>.</summary>
    internal ISegmentWriter OpenWriter(long position)
    {
        var writer = _node.Strategies.Write.Instance.Open(this, position);
        Volatile.Write(ref _writer, writer);
        return writer;
    }

    /// <summary>On return everything written so far can be read.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Settle() => Volatile.Read(ref _writer)?.Settle();

    /// <summary>Fills <paramref name="bytes"/> from <paramref name="position"/> on.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    public void ReadExactly(long position, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var count = RandomAccess.Read(Handle, bytes, position);
            if (count == 0) throw new EndOfStreamException($"{Path} ends at {position}");
            position += count;
            bytes = bytes[count..];
        }
    }

    internal void Rename(string path)
    {
        lock (_opening)
        {
            if (!_node.Strategies.Write.Instance.IsVolatile) File.Move(Path, path, overwrite: true);
            Path = path;
        }
    }

    /// <summary>Makes the file, which must not exist.</summary>
    internal void Create() => OpenHandle(FileMode.CreateNew);

    private SafeFileHandle OpenHandle(FileMode mode = FileMode.Open)
    {
        lock (_opening)
        {
            if (_handle is { } opened) return opened;
            var handle = _node.Strategies.Write.Instance.OpenFile(Path, mode, WritesThrough ? Libc.DataSync : 0);
            Volatile.Write(ref _handle, handle);
            return handle;
        }
    }

    private ISegmentReader OpenReader()
    {
        lock (_opening)
        {
            if (_reader is { } opened) return opened;
            var reader = _node.Strategies.Read.Instance.Open(this, _expectedBytes);
            Volatile.Write(ref _reader, reader);
            return reader;
        }
    }

    private void Close()
    {
        _reader?.Dispose();
        _handle?.Dispose();
    }
}
