using System.ComponentModel;
using System.Runtime.InteropServices;
using Engine.Storage.Native;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;

namespace Engine.Tests.Crash;

/// <summary>A disk of its own that can lose power: ext4 in a file, mounted through a loop device. Needs root.</summary>
/// <remarks>
/// kill -9 loses nothing, as the page cache survives the process. Here the file system is shut down without writing anything
/// back, its journal included, as if the cord had been pulled; mounted again it holds what had been made durable, and nothing
/// else that the kernel had not written of its own accord.
/// </remarks>
internal sealed partial class LoopDisk : IDisposable
{
    // _IOR('X', 125, __u32) and EXT4_GOING_FLAGS_NOLOGFLUSH. Source: Linux, fs/ext4/ext4.h and include/uapi/linux/ext4.h.
    private const uint Shutdown = 0x8004587D;
    private const uint WithoutLogFlush = 2;
    private const int NotMounted = Libc.Invalid; // Source: umount(2)

    private readonly TemporaryFolder _folder = new();

    /// <param name="megabytes">The disk's size; blocks that are never written take no room.</param>
    public LoopDisk(int megabytes = 256)
    {
        try
        {
            using (var file = File.Create(Image)) file.SetLength((long)megabytes << 20);
            ClientTools.Run("mkfs.ext4", ["-q", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", Image]);
            Directory.CreateDirectory(Path);
            Mount();
        }
        catch
        {
            _folder.Dispose();
            throw;
        }
    }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder.File("disk");

    private string Image => _folder.File("image");

    public string Folder(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>From this moment on nothing reaches the disk, and whoever tries gets an error.</summary>
    public unsafe void CutPower()
    {
        using var handle = FileCalls.Open(Path, Libc.ReadOnly | Libc.Directory);
        var how = WithoutLogFlush;
        if (Ioctl(handle, Shutdown, &how) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError(), "the file system cannot be shut down");
    }

    /// <summary>Mounts what is left. Nobody may have a file open on it any more.</summary>
    public void RestorePower()
    {
        Unmount();
        Mount();
    }

    public void Dispose()
    {
        Unmount();
        _folder.Dispose();
    }

    private void Mount() => ClientTools.Run("mount", ["-o", "loop", Image, Path]);

    private void Unmount()
    {
        // A process that was killed a moment ago may still be letting go of its files.
        Until.True(() => UnmountFrom(Path, 0) == 0 || Marshal.GetLastPInvokeError() == NotMounted, $"{Path} can be unmounted");
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(Microsoft.Win32.SafeHandles.SafeFileHandle file, nuint request, uint* argument);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnmountFrom(string path, int flags);
}
