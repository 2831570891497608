using Microsoft.Win32.SafeHandles;

namespace Engine.Storage;

/// <summary>Batches read from a log: a range of a file to be sent by the kernel, or memory. Whoever got it releases it once.</summary>
/// <remarks>
/// The bytes stay readable until <see cref="Release"/>, however slow the client they are sent to: a dropped segment's file stays
/// open, a cached chunk stays out of its pool, a mapping stays mapped. Copies of the struct share the one duty to release.
/// </remarks>
public readonly struct LogSlice
{
    private readonly IDisposable? _owner;

    private LogSlice(SafeFileHandle? file, long filePosition, ReadOnlyMemory<byte> memory, int length, IDisposable? owner)
    {
        File = file;
        FilePosition = filePosition;
        Memory = memory;
        Length = length;
        _owner = owner;
    }

    /// <summary>The file to send from; null when the bytes are in <see cref="Memory"/>.</summary>
    public SafeFileHandle? File { get; }

    /// <summary>Where in <see cref="File"/>, or in the file that is mapped, the bytes begin.</summary>
    public long FilePosition { get; }

    /// <summary>The bytes, when there is no <see cref="File"/>.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>Bytes, 0 when there is nothing to read.</summary>
    public int Length { get; }

    public static LogSlice OfFile(SafeFileHandle file, long position, int length, IDisposable owner) =>
        new(file, position, default, length, owner);

    /// <summary>Views of a file mapped into memory: reading them may wait for the disk like reading the file.</summary>
    internal static LogSlice OfMapping(ReadOnlyMemory<byte> memory, long position, SegmentFile file) =>
        new(null, position, memory, memory.Length, file);

    public static LogSlice OfMemory(ReadOnlyMemory<byte> memory, IDisposable owner) => new(null, 0, memory, memory.Length, owner);

    /// <summary>Whether the bytes come from a file when they are used, so that using them may wait for the disk.</summary>
    public bool IsStored => Source is not null;

    /// <summary>That file.</summary>
    internal SegmentFile? Source => _owner as SegmentFile;

    /// <summary>Whether <paramref name="count"/> bytes of the slice could be used now without waiting for the disk. A guess, but a good one.</summary>
    public bool IsAtHand(int from, int count) => _owner is not SegmentFile file || file.HoldsCached(FilePosition + from, count);

    /// <summary>Whether the bytes come from a file of which some were read from the disk a moment ago.</summary>
    public bool IsFresh => _owner is SegmentFile { IsBeingReadIn: true };

    /// <summary>Has the disk begin with these bytes, which someone is about to use who may wait for them.</summary>
    public void BringIn(int from, int count) => (_owner as SegmentFile)?.BringIn(FilePosition + from, count);

    /// <summary>Tells that the byte at <paramref name="from"/> has this moment been used after a wait.</summary>
    public void NoteUsed(int from) => (_owner as SegmentFile)?.NoteRead(FilePosition + from);

    /// <summary>Gives up the bytes. Does nothing for an empty slice.</summary>
    public void Release() => _owner?.Dispose();
}
