using Engine.Storage.Native;
using Engine.Storage.Read;
using Engine.Storage.Soundness;
using Engine.Storage.Write;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage;

/// <summary>One segment's <c>.log</c> file: opened when first needed, closed when neither the log nor a slice refers to it.</summary>
/// <remarks>
/// Thread-safe. The log holds the first reference. The last one to go may be a slow client's; the close, which frees a deleted
/// file's blocks and can take most of a second, is therefore left to a background thread.
/// <para>While only the log refers to it, the file may be closed at any time (<see cref="OpenFiles"/>) and opens again on demand:
/// whoever uses <see cref="Handle"/>, <see cref="Reader"/> or a writer holds a reference of their own for that long.</para>
/// </remarks>
public sealed class SegmentFile : IDisposable
{
    // In place of the log's reference while the file is closed for want of use: who wants it then waits those microseconds.
    private const int LettingGo = -1;

    // Longer than a request waits in a disk's queue. Whoever asks after bytes in this time pays for probes.
    private const long ReadingMilliseconds = 3_000;

    // One call copies at most so much that is not in memory yet. A kernel that does not preempt itself lets nobody else have the processor until the call
    // returns, and a megabyte that comes fresh from the disk takes it a millisecond.
    private const int MostCopiedBytes = 128 << 10;

    private const int AskFirstBytes = 64 << 10;

    private const long ErasedAtOnceBytes = 16 << 20;

    // Long enough for others to get their turn; 3 GB/s are still erased.
    private static readonly TimeSpan ErasePause = TimeSpan.FromMilliseconds(5);

    private readonly Lock _opening = new();
    private readonly NodeFiles _node;
    private readonly long _expectedBytes;
    private SafeFileHandle? _handle;
    private ISegmentReader? _reader;
    private ISegmentWriter? _writer;
    private long _readingSince = -ReadingMilliseconds;
    private volatile bool _hidesPages;
    private volatile bool _isDoomed;
    private int _references = 1;
    private bool _wasUsed = true;

    internal SegmentFile(string path, long expectedBytes, NodeFiles node)
    {
        Path = path;
        _expectedBytes = expectedBytes;
        _node = node;
    }

    public string Path { get; private set; }

    /// <summary>The file open for buffered reading and writing. Only while a reference is held.</summary>
    public SafeFileHandle Handle => Volatile.Read(ref _handle) ?? OpenHandle();

    /// <summary>Whether the file is open, so that using <see cref="Handle"/> waits for nothing.</summary>
    internal bool IsOpen => Volatile.Read(ref _handle) is not null;

    /// <summary>What can be relied on of its batches.</summary>
    internal BatchRules Rules { get; init; } = new(HoldsSoundCrcs: true);

    internal FileCalls Calls => _node.Calls;

    internal ISegmentReader Reader => Volatile.Read(ref _reader) ?? OpenReader();

    /// <summary>The file's length on disk, which may exceed what counts as written.</summary>
    internal long LengthBytes
    {
        get
        {
            using var use = Refer();
            return RandomAccess.GetLength(Handle);
        }
    }

    /// <summary>Where <see cref="OpenFiles"/> keeps it, under its lock; -1 while the file is closed.</summary>
    internal int OpenPlace { get; set; } = -1;

    /// <summary>Takes a reference unless the last one is gone already.</summary>
    internal bool TryRefer()
    {
        var wait = default(SpinWait);
        while (true)
        {
            var seen = Volatile.Read(ref _references);
            if (seen == 0) return false;
            if (seen == LettingGo) wait.SpinOnce();
            else if (Interlocked.CompareExchange(ref _references, seen + 1, seen) == seen) break;
        }

        if (!_wasUsed) _wasUsed = true;
        return true;
    }

    /// <summary>A further reference for someone who holds one; each is given up by one <see cref="Dispose"/>.</summary>
    public IDisposable Refer()
    {
        ObjectDisposedException.ThrowIf(!TryRefer(), this);
        return this;
    }

    /// <summary>Gives up one reference.</summary>
    public void Dispose()
    {
        var wait = default(SpinWait);
        while (true)
        {
            var seen = Volatile.Read(ref _references);
            if (seen == LettingGo)
            {
                wait.SpinOnce();
            }
            else if (Interlocked.CompareExchange(ref _references, seen - 1, seen) == seen)
            {
                if (seen > 1) return;
                break;
            }
        }

        if (!_node.Sweeper.Post(Close)) Close(); // The node has stopped; a client was still being sent to.
    }

    /// <summary>Gives up the log's reference, and deletes the file, which was moved aside, once nobody else refers to it.</summary>
    internal void Delete()
    {
        _isDoomed = true;
        Dispose();
    }

    /// <summary>Whether nothing is acknowledged before it is flushed, so that a writer may keep bytes back until then.</summary>
    internal bool MayHold => _node.Strategies.Flush.Instance.HoldsAcknowledgement;

    /// <summary>Whether each write is to be durable when it returns: the file is open with O_DSYNC.</summary>
    internal bool WritesThrough => _node.Strategies.Flush.Instance.WritesThrough;

    /// <summary>On return everything written so far can be read.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void Settle() => Volatile.Read(ref _writer)?.Settle();

    /// <summary>Whether anyone took a reference since this was last asked.</summary>
    internal bool TakeUse()
    {
        var used = _wasUsed;
        _wasUsed = false;
        return used;
    }

    /// <summary>Closes the file until it is needed again; does nothing while anyone but the log refers to it.</summary>
    internal void TryLetGo()
    {
        if (_node.Strategies.Write.Instance.IsVolatile || Interlocked.CompareExchange(ref _references, LettingGo, 1) != 1) return;
        try
        {
            _writer?.Settle();
            CloseFile();
            (_writer, _reader) = (null, null);
            Volatile.Write(ref _handle, null);
        }
        catch (IOException)
        {
            // What a writer held back cannot be written: it stays, for the flush that will find out and tell the log.
        }
        finally
        {
            Volatile.Write(ref _references, 1);
        }
    }

    /// <summary>Appends through the write path. For the log's writer.</summary>
    /// <param name="position">Where the last write ended.</param>
    /// <param name="bytes">What follows there.</param>
    internal void Write(long position, ReadOnlySpan<byte> bytes)
    {
        using var use = Refer();
        (_writer ?? OpenWriter(position)).Write(position, bytes);
    }

    /// <summary>Nothing more is appended, or not where the last write ended. For the log's writer.</summary>
    internal void EndWriting()
    {
        if (!TryRefer()) return;
        _writer?.Dispose();
        Volatile.Write(ref _writer, null);
        Dispose();
    }

    /// <summary>Fills <paramref name="bytes"/> from <paramref name="position"/> on.</summary>
    /// <exception cref="EndOfStreamException">The file ends before.</exception>
    public void ReadExactly(long position, Span<byte> bytes)
    {
        using var use = Refer();
        while (bytes.Length > 0)
        {
            var step = bytes.Length > MostCopiedBytes && IsFresh(position, bytes.Length) ? MostCopiedBytes : bytes.Length;
            var count = Calls.Read(Handle, bytes[..step], position);
            if (count == 0) throw new EndOfStreamException($"{Path} ends at {position}");
            position += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>The same without waiting for the disk; false when not all of it is in memory, and then the content is unspecified.</summary>
    internal bool TryReadCached(long position, Span<byte> bytes)
    {
        // Asked first where copying what there is, only to throw it away, would cost more than the question.
        if (bytes.Length > AskFirstBytes && !HoldsCached(position, bytes.Length)) return false;

        var read = Calls.ReadCached(Handle, bytes, position);
        if (read == bytes.Length) return true;
        if (read == PageCache.CannotTell) ReadExactly(position, bytes); // As good as it gets on such a file system.
        else NoteReading();
        return read == PageCache.CannotTell;
    }

    /// <summary>Whether some of it was read from the disk a moment ago.</summary>
    internal bool IsBeingReadIn => Environment.TickCount64 - Volatile.Read(ref _readingSince) < ReadingMilliseconds;

    /// <summary>Whether the range could be sent from the page cache without waiting for the disk, as far as the kernel can tell.</summary>
    internal bool HoldsCached(long position, int count) =>
        _hidesPages || Calls.HoldsCached(Handle, position, count, filled: IsBeingReadIn);

    /// <summary>Has the disk begin with the range, which is about to be read by someone who may wait.</summary>
    internal void BringIn(long position, int count)
    {
        NoteReading();
        Calls.BringIn(Handle, position, count);
    }

    /// <summary>Tells that the range has this moment been read. If it is not in the page cache even now, asking for it is no use on this file system.</summary>
    internal void NoteRead(long position)
    {
        NoteReading(); // It took as long as it took, and what was asked for behind it may still be on its way.
        if (!_hidesPages && !Calls.HoldsCached(Handle, position, 1, filled: false)) _hidesPages = true;
    }

    private bool IsFresh(long position, int count)
    {
        if (IsBeingReadIn) return true;
        if (Calls.HoldsCached(Handle, position, count, filled: false)) return false;
        NoteReading();
        return true;
    }

    /// <summary>Someone reads from the disk: for a while, pages may be on their way.</summary>
    private void NoteReading() => Volatile.Write(ref _readingSince, Environment.TickCount64);

    internal void Rename(string path)
    {
        lock (_opening)
        {
            if (!_node.Strategies.Write.Instance.IsVolatile) Calls.Rename(Path, path);
            Path = path;
        }
    }

    /// <summary>Makes the file, which must not exist.</summary>
    internal void Create() => OpenHandle(FileMode.CreateNew);

    private SafeFileHandle OpenHandle(FileMode mode = FileMode.Open)
    {
        SafeFileHandle handle;
        lock (_opening)
        {
            if (_handle is { } opened) return opened;
            handle = _node.Strategies.Write.Instance.OpenFile(Path, mode, WritesThrough ? Libc.DataSync : 0);
            Volatile.Write(ref _handle, handle);
        }

        _node.OpenFiles.Add(this);
        return handle;
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

    private ISegmentWriter OpenWriter(long position)
    {
        var writer = _node.Strategies.Write.Instance.Open(this, position);
        Volatile.Write(ref _writer, writer);
        _node.OpenFiles.Add(this);
        return writer;
    }

    private void Close()
    {
        if (_isDoomed) Erase();
        CloseFile();
    }

    /// <summary>Deletes the file from its end, a piece at a time.</summary>
    /// <remarks>
    /// An unlink gives back all blocks in one go, for which appends to other files of the file system wait. With 256 MiB segments
    /// dropped every second on ext4, the longest append took 54 to 119 ms so, and 21 to 41 ms with pieces of 16 MiB.
    /// </remarks>
    private void Erase()
    {
        try
        {
            for (var left = RandomAccess.GetLength(Handle) - ErasedAtOnceBytes; left > 0; left -= ErasedAtOnceBytes)
            {
                Calls.Cut(Handle, left);
                Thread.Sleep(ErasePause);
            }

            Calls.Delete(Path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next start does it.
        }
    }

    private void CloseFile()
    {
        _node.OpenFiles.Remove(this);
        _writer?.Dispose();
        _reader?.Dispose();
        _handle?.Dispose();
    }
}
