using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Write;

/// <summary>How appended bytes get into a segment's file. Not when they become durable: that is the flush policy's.</summary>
public interface IWritePath
{
    /// <summary>Starts writing <paramref name="file"/>, whose first <paramref name="position"/> bytes are there already.</summary>
    /// <exception cref="IOException">The file cannot be written this way.</exception>
    ISegmentWriter Open(SegmentFile file, long position);

    /// <summary>
    /// The first <paramref name="flushedBytes"/> of a segment are durable; it is full or still grows. For what a write path
    /// does behind the log's end. On a background thread.
    /// </summary>
    void Flushed(SegmentFile file, long flushedBytes, bool isFull)
    {
    }

    /// <summary>Whether segments live in memory only: no folder names them, and they are gone once their handle is closed.</summary>
    bool IsVolatile => false;

    /// <summary>Opens a segment's file for reading and writing; <paramref name="flags"/> are open(2)'s that others wish for.</summary>
    SafeFileHandle OpenFile(string path, FileMode mode, int flags) =>
        FileCalls.Open(path, Libc.ReadWrite | flags | (mode == FileMode.CreateNew ? Libc.Create | Libc.Exclusive : 0));

    /// <summary>Finds out before the node starts whether files in <paramref name="folder"/> can be written this way.</summary>
    /// <exception cref="DataFolderException">They cannot; the message says what would work.</exception>
    void Verify(string folder);
}

/// <summary>Writes one segment's file from one thread at a time while others read it. Disposing drops what is held.</summary>
/// <remarks>
/// Disposed also when the file was idle, after <see cref="Settle"/>, and another is opened in its stead: the next append then opens a
/// new writer where this one ended. Neither call takes a reference to the file.
/// </remarks>
public interface ISegmentWriter : IDisposable
{
    /// <summary>
    /// Appends: <paramref name="position"/> is where the last write ended. On return the bytes can be read through
    /// <see cref="SegmentFile.Handle"/>; the file may be longer than what was written, the rest zeros.
    /// </summary>
    /// <remarks>
    /// Where <see cref="SegmentFile.MayHold"/> says so, the bytes may also still be held or under way: then they can be read after
    /// <see cref="Settle"/>, which whoever reads or flushes calls first.
    /// </remarks>
    /// <exception cref="IOException">Any part of the bytes, and of those held, may have been written.</exception>
    void Write(long position, ReadOnlySpan<byte> bytes);

    /// <summary>On return all that was written so far can be read. From any thread, also beside <see cref="Write"/>.</summary>
    /// <exception cref="IOException">Any part of the bytes held may have been written.</exception>
    void Settle()
    {
    }
}
