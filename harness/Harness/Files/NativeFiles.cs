using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Files;

/// <summary>The calls that .NET lacks or whose errors it hides. Every failure is an <see cref="IOException"/>.</summary>
internal static unsafe partial class NativeFiles
{
    public const int ReadWrite = 2;          // O_RDWR
    public const int Create = 0x40;          // O_CREAT
    public const int ProtectRead = 1;        // PROT_READ
    public const int ProtectWrite = 2;       // PROT_WRITE

    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int Shared = 1;            // MAP_SHARED
    private const int AdviseRandom = 1;      // POSIX_FADV_RANDOM, MADV_RANDOM
    private const int AdviseSequential = 2;  // POSIX_FADV_SEQUENTIAL, MADV_SEQUENTIAL
    private const int AdviseDontNeed = 4;    // POSIX_FADV_DONTNEED

    /// <summary>O_DIRECT, which differs between processors. Source: asm/fcntl.h of x86 and of arm64.</summary>
    public static int DirectFlag => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    public static SafeFileHandle Open(string path, int flags)
    {
        var descriptor = OpenCall(path, flags | CloseOnExec, 0x1A4); // rw-r--r--
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("open " + path);
    }

    public static void Read(SafeFileHandle file, byte* bytes, int count, long position)
    {
        if (Pread(Number(file), bytes, (nuint)count, position) != count) throw Failed("pread");
    }

    public static void Write(SafeFileHandle file, byte* bytes, int count, long position)
    {
        if (Pwrite(Number(file), bytes, (nuint)count, position) != count) throw Failed("pwrite");
    }

    /// <summary>Writes the bytes as so many pieces of one call.</summary>
    public static void WriteGathered(SafeFileHandle file, byte* bytes, int count, int pieces, long position)
    {
        var vector = stackalloc Piece[pieces];
        var length = count / pieces;
        for (var i = 0; i < pieces; i++) vector[i] = new Piece(bytes + (i * length), (nuint)(i < pieces - 1 ? length : count - (i * length)));
        if (Pwritev(Number(file), vector, pieces, position) != count) throw Failed("pwritev");
    }

    public static void Sync(SafeFileHandle file)
    {
        if (Fdatasync(Number(file)) != 0) throw Failed("fdatasync");
    }

    /// <summary>Sends a part of a file to a socket from within the kernel.</summary>
    /// <returns>The bytes sent, which may be fewer.</returns>
    public static long SendFile(SafeHandle socket, SafeFileHandle file, long position, int count)
    {
        var sent = SendFileCall((int)socket.DangerousGetHandle(), Number(file), &position, (nuint)count);
        return sent > 0 ? sent : throw Failed("sendfile");
    }

    /// <summary>Says how the file will be read.</summary>
    public static void Advise(SafeFileHandle file, Advice advice) => Advise(file, ValueOf(advice));

    /// <summary>Drops the file's clean pages.</summary>
    public static void Drop(SafeFileHandle file) => Advise(file, AdviseDontNeed);

    public static byte* Map(SafeFileHandle file, long length, int protection, Advice advice)
    {
        var address = Mmap(0, (nuint)length, protection, Shared, Number(file), 0);
        if (address == -1) throw Failed("mmap");
        if (Madvise(address, (nuint)length, ValueOf(advice)) != 0) throw Failed("madvise");
        return (byte*)address;
    }

    /// <summary>Maps what a kernel object shares, for reading and writing.</summary>
    public static byte* MapShared(SafeFileHandle shared, long length, long offset)
    {
        var address = Mmap(0, (nuint)length, ProtectRead | ProtectWrite, Shared, Number(shared), offset);
        return address != -1 ? (byte*)address : throw Failed("mmap");
    }

    public static void Unmap(byte* address, long length) => _ = Munmap((nint)address, (nuint)length);

    private static int ValueOf(Advice advice) => advice switch { Advice.Random => AdviseRandom, Advice.Sequential => AdviseSequential, _ => 0 };

    private static void Advise(SafeFileHandle file, int advice)
    {
        // It gives its error back instead of setting errno.
        var error = Fadvise(Number(file), 0, 0, advice);
        if (error != 0) throw new IOException($"posix_fadvise: {new Win32Exception(error).Message}");
    }

    private static int Number(SafeFileHandle file) => (int)file.DangerousGetHandle();

    private static IOException Failed(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    /// <summary>struct iovec.</summary>
    private readonly struct Piece(byte* start, nuint length)
    {
        public readonly byte* Start = start;
        public readonly nuint Length = length;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint Pread(int file, byte* bytes, nuint count, long position);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint Pwrite(int file, byte* bytes, nuint count, long position);

    [LibraryImport("libc", EntryPoint = "pwritev", SetLastError = true)]
    private static partial nint Pwritev(int file, Piece* pieces, int count, long position);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(int file);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFileCall(int socket, int file, long* position, nuint count);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Fadvise(int file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int file, long position);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Munmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Madvise(nint address, nuint length, int advice);
}
