using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Engine.Broker.Metadata;

/// <summary>A lock on a file that the kernel lets go when its process ends, however it ends.</summary>
/// <remarks>
/// flock(2): it belongs to the open file, so two locks in one process exclude each other too. A file that has been locked under its
/// name must not be deleted: a second process could then lock a new file of that name beside the first. Not through <see cref="FileShare"/>: there a taken
/// lock is an exception like any other I/O error.
/// </remarks>
internal sealed partial class FileLock : IDisposable
{
    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes the lock, or null when it stays taken for the whole of <paramref name="patience"/>.</summary>
    public static FileLock? TryTake(string path, TimeSpan patience)
    {
        var deadline = Environment.TickCount64 + (long)patience.TotalMilliseconds;
        var file = OpenFile(path, OpenReadWrite | OpenCreate | OpenCloseOnExec);
        while (!TryLock(file, LockExclusive, path))
        {
            if (Environment.TickCount64 >= deadline)
            {
                file.Dispose();
                return null;
            }

            Thread.Sleep(1);
        }

        return new FileLock(file);
    }

    /// <summary>Whether somebody holds the lock.</summary>
    /// <remarks>Asking takes it for a moment, shared, so that those who ask do not see each other.</remarks>
    public static bool IsTaken(string path)
    {
        if (!File.Exists(path)) return false;

        try
        {
            using var file = OpenFile(path, OpenReadWrite | OpenCloseOnExec);
            return !TryLock(file, LockShared, path);
        }
        catch (IOException) when (!File.Exists(path))
        {
            return false; // removed in between
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>Says in the file who holds the lock, for people.</summary>
    public void Describe(string text)
    {
        RandomAccess.SetLength(_file, 0);
        RandomAccess.Write(_file, Encoding.UTF8.GetBytes(text), 0);
    }

    /// <summary>What the holder of a taken lock said about itself.</summary>
    public static string ReadDescription(string path)
    {
        using var file = OpenFile(path, OpenReadWrite | OpenCloseOnExec);
        var text = new byte[256];
        return Encoding.UTF8.GetString(text.AsSpan(0, RandomAccess.Read(file, text, 0)));
    }

    private static SafeFileHandle OpenFile(string path, int flags)
    {
        var descriptor = Open(path, flags, Convert.ToInt32("644", 8));
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"cannot open {path}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static bool TryLock(SafeFileHandle file, int operation, string path)
    {
        while (FLock(file, operation | LockNonBlocking) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case ErrorWouldBlock: return false;
                case ErrorInterrupted: continue;
                default: throw new IOException($"cannot lock {path}: {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }

        return true;
    }

    // Linux's numbers, the same on x64 and arm64.
    private const int OpenReadWrite = 2, OpenCreate = 0x40, OpenCloseOnExec = 0x80000;
    private const int LockShared = 1, LockExclusive = 2, LockNonBlocking = 4;
    private const int ErrorInterrupted = 4, ErrorWouldBlock = 11;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);
}
