using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;
using Harness.Measures;
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
    private const int OpenDirectory = 0x90000; // O_RDONLY | O_DIRECTORY | O_CLOEXEC: a program that is started meanwhile would keep the disk busy
    private const long BlockBytes = 4096;
    private const string Devices = "/dev/";
    private const string LoopDevices = Devices + "loop";
    private const string Filler = "filler";
    private const string ImageSuffix = ".testbed-disk";

    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan UnmountPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan UnmountPause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _image;
    private readonly TimeSpan _unmountPatience;

    private NodeDisk(FileStream image, string path, TimeSpan unmountPatience) => (_image, Path, _unmountPatience) = (image, path, unmountPatience);

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Makes and mounts one; blocks that are never written take no room.</summary>
    /// <param name="path">Where to mount it; the file that holds it lies beside.</param>
    /// <param name="bytes">What it holds.</param>
    /// <param name="unmountPatience">How long files that are still open are waited for in the end.</param>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static async Task<NodeDisk> Create(string path, long bytes, TimeSpan? unmountPatience = null)
    {
        if (Environment.UserName != "root") throw new NodeFailedException("faults of disks need file systems of their own, which only root may mount: run as root");

        Directory.CreateDirectory(path);
        var disk = new NodeDisk(new FileStream(path + ImageSuffix, FileMode.Create, FileAccess.ReadWrite, FileShare.None), path, unmountPatience ?? UnmountPatience);
        try
        {
            disk._image.SetLength(bytes);
            await Run("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,nodiscard", disk._image.Name);
            await disk.Mount();
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>Unmounts and removes what processes left behind that were killed before they could.</summary>
    /// <remarks>Whoever makes a disk keeps its image locked, flock(2), and the kernel gives the lock back with the process.</remarks>
    public static void ReleaseOrphans()
    {
        foreach (var volume in DataVolume.All().Where(volume => volume.Source.StartsWith(LoopDevices, StringComparison.Ordinal)))
        {
            if (ImageBehind(volume.Source) is not { } image) continue;
            try
            {
                using var unowned = new FileStream(image, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                // Its nodes may still be ending: the rest goes with them.
                if (UnmountFrom(volume.MountPoint, DetachLazily) == 0) File.Delete(image);
            }
            catch (IOException)
            {
                // Somebody's, or released by somebody else meanwhile.
            }
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

        File.Delete(_image.Name);
        await _image.DisposeAsync();
    }

    private static string? ImageBehind(string loopDevice)
    {
        try
        {
            var image = File.ReadAllText($"/sys/block/{loopDevice[Devices.Length..]}/loop/backing_file").Trim();
            return image.EndsWith(ImageSuffix, StringComparison.Ordinal) ? image : null;
        }
        catch (IOException)
        {
            return null; // it was let go of meanwhile
        }
    }

    // The loop device of such a mount is let go of when it is unmounted (mount(8)).
    private Task Mount() => Run("mount", "-o", "loop", _image.Name, Path);

    private async Task Unmount()
    {
        // A process that was killed a moment ago may still be letting go of its files.
        for (var until = DateTime.UtcNow + _unmountPatience; UnmountFrom(Path, 0) != 0; await Task.Delay(UnmountPause))
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
