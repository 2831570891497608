using System.Diagnostics;
using Engine.Storage.Native;
using Microsoft.Win32.SafeHandles;

namespace Engine.Tests.Storage;

/// <summary>An ext4 file system of its own on a disk in memory: takes O_DIRECT, flushes at once, and can be full. Needs root.</summary>
/// <remarks>
/// It is mounted nowhere by the time a test sees it, but for this process' hold on its root folder: the kernel takes it away with the
/// process, however that ends.
/// </remarks>
internal sealed class MemoryDisk
{
    private static readonly Lazy<MemoryDisk?> SharedDisk = new(() => TryMake(512));
    private static readonly Lazy<MemoryDisk?> SmallDisk = new(() => TryMake(8));

    private readonly SafeFileHandle _root;

    private MemoryDisk(SafeFileHandle root) => _root = root;

    /// <summary>One for all tests; null where it cannot be made.</summary>
    public static MemoryDisk? Shared => SharedDisk.Value;

    /// <summary>One of 8 MiB, for one test class to fill; null where it cannot be made.</summary>
    public static MemoryDisk? Small => SmallDisk.Value;

    public string Path => $"/proc/{Environment.ProcessId}/fd/{_root.DangerousGetHandle()}";

    private static MemoryDisk? TryMake(int sizeMiB)
    {
        if (!Environment.IsPrivilegedProcess || !Directory.Exists("/dev/shm")) return null;
        var image = $"/dev/shm/testbed-disk-{Guid.NewGuid():N}";
        var folder = Directory.CreateTempSubdirectory("testbed-disk-").FullName;
        try
        {
            using (var file = File.Create(image)) file.SetLength((long)sizeMiB << 20);
            if (!Run("mkfs.ext4", "-q", "-F", "-m", "0", image) || !Run("mount", "-o", "loop", image, folder)) return null;
            var root = FileCalls.Open(folder, Libc.ReadOnly | Libc.Directory);
            Run("umount", "--lazy", folder);
            Directory.Delete(System.IO.Path.Combine($"/proc/{Environment.ProcessId}/fd/{root.DangerousGetHandle()}", "lost+found"));
            return new MemoryDisk(root);
        }
        finally
        {
            File.Delete(image);
            Directory.Delete(folder);
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // No such program.
        }
    }
}
