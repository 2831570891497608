using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Native;

/// <summary>What the kernel tells of its page cache: which bytes of a file could be had without waiting for the disk.</summary>
/// <remarks>
/// All of it is advice: pages may come and go between question and use. Where a file system or kernel does not tell, the answer
/// is that the bytes are there, and whoever reads them waits as it would have without asking.
/// </remarks>
internal static partial class PageCache
{
    /// <summary>The first byte is not in the cache.</summary>
    public const nint NotThere = -1;

    /// <summary>The file system or the kernel does not know reads that do not wait.</summary>
    public const nint CannotTell = -2;

    private const long CachestatCall = 451; // the same on every architecture, from Linux 6.5 on
    private const int NoWaitFlag = 8;       // RWF_NOWAIT, preadv2(2)
    private const int AdviceWillNeed = 3;   // POSIX_FADV_WILLNEED
    private const int NotImplemented = 38;  // ENOSYS

    // The kernel reads in requests of at least this size and marks the pages of a request as filled all at once.
    private const long ProbeStrideBytes = 128 << 10;

    private static readonly long PageBytes = Environment.SystemPageSize;
    private static volatile bool _canCount = OperatingSystem.IsLinux();

    /// <summary>Whether all of the range is in the page cache.</summary>
    /// <param name="file">The file.</param>
    /// <param name="position">Where the range begins.</param>
    /// <param name="count">Its length.</param>
    /// <param name="filled">
    /// Also tells pages that are still being filled from those that are. Costs several calls, and is needed only where someone has
    /// begun to read lately: cachestat(2) counts a page from the moment that it is asked of the disk.
    /// </param>
    public static bool Holds(SafeFileHandle file, long position, long count, bool filled)
    {
        if (_canCount)
        {
            if (!HasPages(file, position, count)) return false;
            if (!filled && _canCount) return true;
        }

        for (var at = position; at < position + count; at += ProbeStrideBytes)
        {
            if (!HasByte(file, at)) return false;
        }

        return HasByte(file, position + count - 1);
    }

    /// <summary>Reads what can be read without waiting, by preadv2(2) with RWF_NOWAIT.</summary>
    /// <returns>How many bytes, fewer than asked for where the cache ends; <see cref="NotThere"/> or <see cref="CannotTell"/>.</returns>
    public static unsafe nint Read(SafeFileHandle file, Span<byte> bytes, long position)
    {
        fixed (byte* start = bytes)
        {
            var vector = new IoVector { Start = start, Length = (nuint)bytes.Length };
            var read = Preadv2(file, &vector, 1, position, NoWaitFlag);
            if (read >= 0) return read;

            return Marshal.GetLastPInvokeError() is Libc.NotSupported or Libc.Invalid or NotImplemented ? CannotTell : NotThere;
        }
    }

    /// <summary>Has the kernel begin to read the range. Waits at most for a place in the disk's queue.</summary>
    public static void BringIn(SafeFileHandle file, long position, long count) => _ = Libc.PosixFadvise(file, position, count, AdviceWillNeed);

    private static unsafe bool HasPages(SafeFileHandle file, long position, long count)
    {
        var range = new Range { Start = (ulong)position, Length = (ulong)count };
        var counts = default(Counts);
        if (Cachestat(CachestatCall, file, &range, &counts, 0) != 0)
        {
            _canCount = false; // An older kernel, or a sandbox that forbids it: probe from now on.
            return true;
        }

        var pages = (position + count + PageBytes - 1) / PageBytes - position / PageBytes;
        return counts.Cached >= (ulong)pages;
    }

    private static bool HasByte(SafeFileHandle file, long position)
    {
        byte probe = 0;
        return Read(file, new Span<byte>(ref probe), position) != NotThere;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static unsafe partial long Cachestat(long number, SafeFileHandle file, Range* range, Counts* counts, uint flags);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint Preadv2(SafeFileHandle file, IoVector* vectors, int count, long position, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct cachestat_range.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Range
    {
        public ulong Start;
        public ulong Length;
    }

    /// <summary>struct cachestat, in pages.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Counts
    {
        public ulong Cached;
        public ulong Dirty;
        public ulong Writeback;
        public ulong Evicted;
        public ulong RecentlyEvicted;
    }
}
