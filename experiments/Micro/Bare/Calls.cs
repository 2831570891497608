using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Micro.Bare;

/// <summary>System calls as they are, with nothing round them: what the engine's ways are held against.</summary>
internal static unsafe partial class Calls
{
    public const int ReadWrite = 2;          // O_RDWR
    public const int Create = 0x40;          // O_CREAT
    public const int Shared = 1;             // MAP_SHARED
    public const int ProtectRead = 1;        // PROT_READ
    public const int ProtectWrite = 2;       // PROT_WRITE

    /// <summary>O_DIRECT, which differs between processors. Source: asm/fcntl.h of x86 and of arm64.</summary>
    public static int Direct => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    /// <exception cref="IOException">The call failed.</exception>
    public static SafeFileHandle OpenFile(string path, int flags)
    {
        var descriptor = Open(path, flags, 0x1A4); // rw-r--r--
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("open " + path);
    }

    /// <summary>A file that no folder names, in memory.</summary>
    /// <exception cref="IOException">The call failed.</exception>
    public static SafeFileHandle MakeInMemory(string name)
    {
        var descriptor = MemfdCreate(name, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failed("memfd_create");
    }

    /// <exception cref="IOException">It failed or wrote only a part, which a regular file does only when the disk is full.</exception>
    public static void WriteAt(SafeFileHandle file, byte* bytes, int count, long position)
    {
        if (Pwrite((int)file.DangerousGetHandle(), bytes, (nuint)count, position) != count) throw Failed("pwrite");
    }

    /// <exception cref="IOException">It failed or read only a part.</exception>
    public static void ReadAt(SafeFileHandle file, byte* bytes, int count, long position)
    {
        if (Pread((int)file.DangerousGetHandle(), bytes, (nuint)count, position) != count) throw Failed("pread");
    }

    /// <summary>A whole file mapped.</summary>
    /// <exception cref="IOException">The call failed.</exception>
    public static byte* Map(SafeFileHandle file, long length, int protection)
    {
        var address = Mmap(0, (nuint)length, protection, Shared, (int)file.DangerousGetHandle(), 0);
        return address != -1 ? (byte*)address : throw Failed("mmap");
    }

    public static void Unmap(byte* address, long length) => _ = Munmap((nint)address, (nuint)length);

    public static IOException Failed(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    public static partial nint Sendfile(int to, int from, ref long position, nuint count);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int to, byte* bytes, nuint count, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int from, byte* bytes, nuint count, int flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint Pwrite(int file, byte* bytes, nuint count, long position);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint Pread(int file, byte* bytes, nuint count, long position);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint address, nuint length, int protection, int flags, int file, long position);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Munmap(nint address, nuint length);
}
