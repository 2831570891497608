using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Harness.Nodes;

/// <summary>A file system of a node's own, ext4 in a file, that can be full and can lose power. Needs root and loop devices.</summary>
/// <remarks>
/// Power goes by the file system's shutdown ioctl without flushing its journal: from then on nothing reaches the disk and
/// whoever tries gets an error; mounted again it holds what had been made durable, and what the kernel had happened to write.
/// </remarks>
internal sealed partial class NodeDisk : IAsyncDisposable
{
    // _IOR('X', 125, __u32) and EXT4_GOING_FLAGS_NOLOGFLUSH. Source: Linux, fs/ext4/ext4.h and include/uapi/linux/ext4.h.
    private const uint Shutdown = 0x8004587D;
    private const uint WithoutLogFlush = 2;
    private const int NotMounted = 22; // EINVAL, umount(2)
    private const int NotThere = 2; // ENOENT
    private const int DetachLazily = 2; // MNT_DETACH
    private const int OpenDirectory = 0x10000; // O_RDONLY | O_DIRECTORY
    private const long BlockBytes = 4096;
    private const string Filler = "filler";

    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UnmountPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UnmountPause = TimeSpan.FromMilliseconds(20);

    private readonly string _image;

    private NodeDisk(string image, string path) => (_image, Path) = (image, path);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Makes and mounts one; blocks that are never written take no room.</summary>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static async Task<NodeDisk> Create(string image, string path, long bytes)
    {
        if (Environment.UserName != "root") throw new NodeFailedException("faults of disks need file systems of their own, which only root may mount: run as root");

        var disk = new NodeDisk(image, path);
        try
        {
            Directory.CreateDirectory(path);
            await using (var file = File.Create(image)) file.SetLength(bytes);
            await Run("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", image);
            await disk.Mount();
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>From this moment on nothing reaches the disk.</summary>
    public unsafe void CutPower()
    {
        var descriptor = Open(Path, OpenDirectory);
        if (descriptor < 0) throw Failed($"open {Path}");

        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        var how = WithoutLogFlush;
        if (Ioctl(handle, Shutdown, &how) != 0) throw Failed($"shutting down the file system at {Path}");
    }

    /// <summary>Mounts what is left. Nobody may have a file open on it any more.</summary>
    public async Task RestorePower()
    {
        await Unmount();
        await Mount();
    }

    /// <summary>Takes every free block.</summary>
    public void Fill()
    {
        using var file = File.Create(System.IO.Path.Combine(Path, Filler));
        long position = 0;
        for (var size = new DriveInfo(Path).AvailableFreeSpace; size >= BlockBytes; size /= 2)
            while (Allocate(file.SafeFileHandle, position, size) == 0) position += size;
    }

    /// <summary>Gives them back.</summary>
    public void MakeRoom() => File.Delete(System.IO.Path.Combine(Path, Filler));

    public async ValueTask DisposeAsync()
    {
        try
        {
            await Unmount();
        }
        catch (NodeFailedException)
        {
            // Somebody still has a file open: the mount goes when they do, and the loop device with it.
            UnmountFrom(Path, DetachLazily);
        }

        File.Delete(_image);
    }

    // The loop device of such a mount is let go of when it is unmounted (mount(8)).
    private Task Mount() => Run("mount", "-o", "loop", _image, Path);

    private async Task Unmount()
    {
        // A process that was killed a moment ago may still be letting go of its files.
        for (var until = DateTime.UtcNow + UnmountPatience; UnmountFrom(Path, 0) != 0; await Task.Delay(UnmountPause))
        {
            if (Marshal.GetLastPInvokeError() is NotMounted or NotThere) return;
            if (DateTime.UtcNow > until) throw Failed($"unmounting {Path}");
        }
    }

    private static async Task Run(string program, params string[] arguments)
    {
        var (exitCode, _, errors) = await Output.Of(new NodeCommand("a disk", program, arguments, ""), CommandPatience, CancellationToken.None);
        if (exitCode != 0) throw new NodeFailedException($"{program} {string.Join(' ', arguments)}: {errors.Trim()}");
    }

    private static NodeFailedException Failed(string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}"));

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Ioctl(SafeFileHandle file, nuint request, uint* argument);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnmountFrom(string path, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int Allocate(SafeFileHandle file, long offset, long length);
}
