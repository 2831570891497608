using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Engine.Storage.Native;

/// <summary>The system calls .NET has no counterpart for, or whose counterpart hides errors.</summary>
internal static unsafe partial class Libc
{
    public const int Interrupted = 4;    // EINTR
    public const int TryAgain = 11;      // EAGAIN
    public const int Invalid = 22;       // EINVAL
    public const int WouldBlock = 11;    // EWOULDBLOCK
    public const int NoSpace = 28;       // ENOSPC
    public const int NotSupported = 95;  // EOPNOTSUPP

    public const int ReadOnly = 0;           // O_RDONLY
    public const int ReadWrite = 2;          // O_RDWR
    public const int Create = 0x40;          // O_CREAT
    public const int Exclusive = 0x80;       // O_EXCL
    public const int DataSync = 0x1000;      // O_DSYNC
    public const int CloseOnExec = 0x80000;  // O_CLOEXEC
    public const int LockExclusive = 2;      // LOCK_EX
    public const int Unlock = 8;             // LOCK_UN
    public const int LockNonBlocking = 4;    // LOCK_NB
    public const int KeepSize = 1;           // FALLOC_FL_KEEP_SIZE
    public const int PunchHole = 2;          // FALLOC_FL_PUNCH_HOLE
    public const int ProtectRead = 1;        // PROT_READ
    public const int MapShared = 1;          // MAP_SHARED
    public const int AdviceDontNeed = 4;     // POSIX_FADV_DONTNEED
    public const int RangeWrite = 2;         // SYNC_FILE_RANGE_WRITE
    public const int ProtectWrite = 2;       // PROT_WRITE
    public const int PopulateWrite = 23;     // MADV_POPULATE_WRITE
    public const int SyncAndWait = 4;        // MS_SYNC
    public const uint MemoryCloseOnExec = 1; // MFD_CLOEXEC
    public const int LimitOpenFiles = 7;     // RLIMIT_NOFILE
    public const long Tmpfs = 0x01021994;    // TMPFS_MAGIC
    public const ushort AsyncPwrite = 1;     // IOCB_CMD_PWRITE
    public const int PriorityOfProcess = 0;  // PRIO_PROCESS
    public const nint MapFailed = -1;

    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>O_DIRECT, which differs between processors. Source: asm/fcntl.h of x86 and of arm64.</summary>
    public static int Direct { get; } = IsArm ? 0x10000 : 0x4000;

    /// <summary>O_DIRECTORY, likewise.</summary>
    public static int Directory { get; } = IsArm ? 0x4000 : 0x10000;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    public static partial nint Pwrite(SafeFileHandle file, byte* bytes, nuint count, long position);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    public static partial nint Pwritev(SafeFileHandle file, Piece* pieces, int count, long position);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    public static partial int SyncFileRange(SafeFileHandle file, long position, long count, uint flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int Fdatasync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    public static partial int PosixFadvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    public static partial int Fallocate(SafeFileHandle file, int mode, long position, long count);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    public static partial int Ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Flock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint Mmap(nint address, nuint length, int protection, int flags, SafeFileHandle file, long position);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Madvise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "msync", SetLastError = true)]
    public static partial int Msync(nint address, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Statfs(string path, long* answer);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MemfdCreate(string name, uint flags);

    /// <summary>io_setup(2) and its kin have no function of their own in libc.</summary>
    public static int AsyncSetup(int depth, out nint context)
    {
        nint made = 0;
        var result = SystemCall(IsArm ? 0 : 206, depth, (nint)(&made), 0, 0, 0);
        context = made;
        return (int)result;
    }

    public static int AsyncDestroy(nint context) => (int)SystemCall(IsArm ? 1 : 207, context, 0, 0, 0, 0);

    public static int AsyncSubmit(nint context, int count, AsyncWrite** writes) =>
        (int)SystemCall(IsArm ? 2 : 209, context, count, (nint)writes, 0, 0);

    public static int AsyncResults(nint context, int least, int most, AsyncResult* results, nint timeout) =>
        (int)SystemCall(IsArm ? 4 : 208, context, least, most, (nint)results, timeout);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third, nint fourth, nint fifth);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int Munmap(nint address, nuint length);

    /// <summary>struct iovec: one piece of memory among several for one call.</summary>
    public struct Piece
    {
        public byte* Start;
        public nuint Length;
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, out Limit limit);

    /// <summary>A limit of the process: what holds, and what it could be raised to.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public readonly struct Limit
    {
        public readonly ulong Soft;
        public readonly ulong Hard;
    }

    /// <summary>struct iocb of linux/aio_abi.h, little-endian.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 64)]
    public struct AsyncWrite
    {
        [FieldOffset(0)] public ulong Block;
        [FieldOffset(16)] public ushort Operation;
        [FieldOffset(20)] public uint File;
        [FieldOffset(24)] public ulong Memory;
        [FieldOffset(32)] public ulong Count;
        [FieldOffset(40)] public long Position;
    }

    /// <summary>struct io_event.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    public struct AsyncResult
    {
        [FieldOffset(0)] public ulong Block;
        [FieldOffset(16)] public long Result;
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    public static partial int SetPriority(int which, uint who, int niceness);
}
