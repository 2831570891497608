using System.Globalization;

namespace Harness.Measures;

/// <summary>A block device as the kernel numbers it.</summary>
public readonly record struct DeviceNumber(int Major, int Minor);

/// <summary>The filesystem a folder lies on.</summary>
/// <param name="MountPoint">Where it is mounted.</param>
/// <param name="FileSystem">Its type: <c>ext4</c>, <c>xfs</c>, <c>tmpfs</c>, ….</param>
/// <param name="Options">Its mount options, those of the mount and those of the filesystem.</param>
/// <param name="Source">The device or what stands for it.</param>
/// <param name="Device">The device's number; major 0 where no device is behind it.</param>
public sealed record DataVolume(string MountPoint, string FileSystem, string Options, string Source, DeviceNumber Device)
{
    private const string MountTable = "/proc/self/mountinfo";

    /// <summary>Nothing written here survives the machine: what is measured is memory.</summary>
    public bool IsMemory => FileSystem is "tmpfs" or "ramfs";

    public static DataVolume Of(string folder) => Of(Path.GetFullPath(folder), File.ReadAllText(MountTable));

    /// <summary>All that is mounted, each after what it may hide.</summary>
    public static IEnumerable<DataVolume> All() => All(File.ReadAllText(MountTable));

    /// <summary>Bytes an ordinary user may still write on the filesystem of <paramref name="folder"/>.</summary>
    public static long FreeBytes(string folder)
    {
        var existing = new DirectoryInfo(Path.GetFullPath(folder));
        while (!existing.Exists && existing.Parent is { } parent) existing = parent;
        return new DriveInfo(existing.FullName).AvailableFreeSpace;
    }

    /// <summary>Finds the mount that <paramref name="path"/> lies under in the text of <c>mountinfo</c> (proc(5)).</summary>
    internal static DataVolume Of(string path, string mountinfo)
    {
        DataVolume? found = null;
        // The longest prefix wins; of several mounts on one point the last hides the others.
        foreach (var volume in All(mountinfo))
            if (Contains(volume.MountPoint, path) && volume.MountPoint.Length >= (found?.MountPoint.Length ?? 0)) found = volume;

        return found ?? throw new FormatException($"no mount in mountinfo holds {path}");
    }

    private static IEnumerable<DataVolume> All(string mountinfo)
    {
        foreach (var line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // id parent major:minor root mount-point options [optional…] - type source super-options
            var fields = line.Split(' ');
            var dash = Array.IndexOf(fields, "-", 6);
            var device = fields[2].Split(':');
            yield return new DataVolume(Unescape(fields[4]), fields[dash + 1], $"{fields[5]},{fields[dash + 3]}", fields[dash + 2],
                new DeviceNumber(int.Parse(device[0], CultureInfo.InvariantCulture), int.Parse(device[1], CultureInfo.InvariantCulture)));
        }
    }

    private static bool Contains(string mountPoint, string path) =>
        mountPoint == "/" || path == mountPoint || path.StartsWith(mountPoint + "/", StringComparison.Ordinal);

    private static string Unescape(string text) => text.Replace("\\040", " ", StringComparison.Ordinal);
}
