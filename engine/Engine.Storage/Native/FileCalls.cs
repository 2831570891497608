using System.Runtime.InteropServices;
using Engine.Storage.Write;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Native;

/// <summary>What logs do to their files, every failure an <see cref="IOException"/>. Tests derive from it to make calls fail.</summary>
/// <remarks>Thread-safe. <c>RandomAccess.FlushToDisk</c> is not used because .NET 10 returns normally from it when fsync fails.</remarks>
internal class FileCalls
{
    public static readonly FileCalls Kernel = new();

    /// <summary>Writes all of <paramref name="bytes"/> at <paramref name="position"/>; after a failure any part may be written.</summary>
    public virtual unsafe void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
    {
        fixed (byte* start = bytes)
        {
            var written = 0;
            while (written < bytes.Length)
            {
                var count = Libc.Pwrite(file, start + written, (nuint)(bytes.Length - written), position + written);
                if (count >= 0) written += (int)count;
                else if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Failed("pwrite");
            }
        }
    }

    /// <summary>The same for two pieces of memory, the second behind the first.</summary>
    public virtual unsafe void Write(SafeFileHandle file, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, long position)
    {
        fixed (byte* firstStart = first, secondStart = second)
        {
            var pieces = stackalloc Libc.Piece[2];
            for (nint written = 0, all = first.Length + second.Length; written < all;)
            {
                var pieceCount = 0;
                var fromFirst = Math.Min(written, first.Length);
                var fromSecond = written - fromFirst;
                if (fromFirst < first.Length) pieces[pieceCount++] = new Libc.Piece { Start = firstStart + fromFirst, Length = (nuint)(first.Length - fromFirst) };
                if (fromSecond < second.Length) pieces[pieceCount++] = new Libc.Piece { Start = secondStart + fromSecond, Length = (nuint)(second.Length - fromSecond) };
                var count = Libc.Pwritev(file, pieces, pieceCount, position + written);
                if (count >= 0) written += count;
                else if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Failed("pwritev");
            }
        }
    }

    /// <summary>Starts an O_DIRECT write of a block's first bytes.</summary>
    public virtual void Begin(DirectBlocks blocks, int block, SafeFileHandle file, int count, long position) =>
        blocks.Begin(block, file, count, position);

    /// <summary>Makes that much of a mapped file durable; <paramref name="address"/> is a page's. Source: msync(2).</summary>
    public virtual void SyncMapped(nint address, long count)
    {
        if (Libc.Msync(address, (nuint)count, Libc.SyncAndWait) != 0) throw Failed("msync");
    }

    /// <summary>Has the kernel start writing that much of the file to the disk. Nothing is durable by it. Source: sync_file_range(2).</summary>
    public virtual void StartWriteback(SafeFileHandle file, long position, long count)
    {
        while (Libc.SyncFileRange(file, position, count, Libc.RangeWrite) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Libc.Interrupted) throw Failed("sync_file_range");
        }
    }

    /// <summary>Makes the file's bytes and its length durable.</summary>
    public virtual void SyncData(SafeFileHandle file)
    {
        if (Libc.Fdatasync(file) != 0) throw Failed("fdatasync");
    }

    /// <summary>Lets the page cache forget the file's first bytes, as far as they are durable. Advice: it cannot fail.</summary>
    public virtual void DropCached(SafeFileHandle file, long count) => _ = Libc.PosixFadvise(file, 0, count, Libc.AdviceDontNeed);

    /// <summary>Reads what is there, waiting for the disk.</summary>
    /// <returns>How many bytes, fewer than asked for only near the file's end; 0 at its end.</returns>
    public virtual int Read(SafeFileHandle file, Span<byte> bytes, long position) => RandomAccess.Read(file, bytes, position);

    /// <inheritdoc cref="PageCache.Holds"/>
    public virtual bool HoldsCached(SafeFileHandle file, long position, long count, bool filled) => PageCache.Holds(file, position, count, filled);

    /// <inheritdoc cref="PageCache.Read"/>
    public virtual nint ReadCached(SafeFileHandle file, Span<byte> bytes, long position) => PageCache.Read(file, bytes, position);

    /// <inheritdoc cref="PageCache.BringIn"/>
    public virtual void BringIn(SafeFileHandle file, long position, long count) => PageCache.BringIn(file, position, count);

    /// <summary>Makes the names of files created, renamed and removed in <paramref name="folder"/> durable.</summary>
    public virtual void SyncFolder(string folder)
    {
        using var handle = Open(folder, Libc.ReadOnly | Libc.Directory);
        if (Libc.Fsync(handle) != 0) throw Failed("fsync of a folder");
    }

    /// <summary>Reserves disk blocks; false when the file system cannot or has too few.</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">Where to begin.</param>
    /// <param name="count">How much.</param>
    /// <param name="extends">Make them part of the file, where they read as zeros; else its length stays as it is.</param>
    public virtual bool Allocate(SafeFileHandle file, long position, long count, bool extends = false)
    {
        while (Libc.Fallocate(file, extends ? 0 : Libc.KeepSize, position, count) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error is Libc.NotSupported or Libc.NoSpace) return false;
            if (error != Libc.Interrupted) throw Failed("fallocate");
        }

        return true;
    }

    /// <summary>Turns everything from <paramref name="position"/> on into zeros and keeps the length, for those still reading there.</summary>
    public virtual void ZeroFrom(SafeFileHandle file, long position)
    {
        var length = RandomAccess.GetLength(file);
        if (position >= length) return;
        if (Libc.Fallocate(file, Libc.PunchHole | Libc.KeepSize, position, length - position) == 0) return;
        if (Marshal.GetLastPInvokeError() != Libc.NotSupported) throw Failed("fallocate");
        Cut(file, position);
        Cut(file, length);
    }

    /// <summary>Sets the file's length and gives blocks reserved beyond it back.</summary>
    public virtual void Cut(SafeFileHandle file, long length)
    {
        if (Libc.Ftruncate(file, length) != 0) throw Failed("ftruncate");
    }

    /// <summary>Gives a file another name, in place of whatever has it.</summary>
    public virtual void Rename(string from, string to) => File.Move(from, to, overwrite: true);

    /// <summary>Removes a file if it is there.</summary>
    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Opens with open(2)'s own flags; the handle is closed on exec.</summary>
    public static SafeFileHandle Open(string path, int flags)
    {
        var descriptor = Libc.Open(path, flags | Libc.CloseOnExec, mode: 0x1A4); // rw-r--r--, for a file made
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed($"open {path}");
    }

    /// <summary>A file that no folder names and that is gone with its handle. Source: memfd_create(2).</summary>
    public static SafeFileHandle OpenInMemory(string name)
    {
        var descriptor = Libc.MemfdCreate(name, Libc.MemoryCloseOnExec);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("memfd_create");
    }

    /// <summary>The magic number of the file system that holds <paramref name="path"/>. Source: statfs(2).</summary>
    public static unsafe long FileSystem(string path)
    {
        var answer = stackalloc long[32]; // struct statfs is 120 bytes and begins with the number.
        return Libc.Statfs(path, answer) == 0 ? answer[0] : throw Failed($"statfs {path}");
    }

    public static IOException Failed(string call) => Failed(call, Marshal.GetLastPInvokeError());

    public static IOException Failed(string call, int error) =>
        new($"{call}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
}
