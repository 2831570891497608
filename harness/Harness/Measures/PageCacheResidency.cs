using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Measures;

/// <summary>How much of a file the page cache holds.</summary>
internal static unsafe partial class PageCacheResidency
{
    private const int CacheStat = 451; // cachestat(2), since Linux 6.5; the number is the same on every architecture

    /// <summary>Bytes of the file that are cached now; null where the kernel cannot tell.</summary>
    public static long? Of(SafeFileHandle file)
    {
        Range all = default; // length 0: to the end
        Pages pages;
        return Call(CacheStat, (int)file.DangerousGetHandle(), &all, &pages, 0) == 0 ? (long)pages.Cached * Environment.SystemPageSize : null;
    }

    /// <summary>Of all files below a folder that match; null where the kernel cannot tell, or a disk is gone at the moment.</summary>
    public static long? Of(string folder, string pattern)
    {
        try
        {
            var sum = 0L;
            foreach (var path in Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories))
            {
                if (OfFile(path) is not { } bytes) return null;
                sum += bytes;
            }

            return sum;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // Without power, or between two mounts: what it held is nothing that anyone could read.
        }
    }

    private static long? OfFile(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Of(file);
        }
        catch (FileNotFoundException)
        {
            return 0; // Removed since it was listed.
        }
    }

    /// <summary>struct cachestat_range.</summary>
    private struct Range
    {
        public ulong Offset;
        public ulong Length;
    }

    /// <summary>struct cachestat.</summary>
    private struct Pages
    {
        public ulong Cached;
        public ulong Dirty;
        public ulong Writeback;
        public ulong Evicted;
        public ulong RecentlyEvicted;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Call(nint number, int file, Range* range, Pages* pages, uint flags);
}
