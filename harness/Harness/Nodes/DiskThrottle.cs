using System.Globalization;
using Harness.Measures;

namespace Harness.Nodes;

/// <summary>A control group whose writes to one disk, or reads from it, go at no more than a rate. Needs root and the kernel's block I/O controller.</summary>
/// <remarks>Version 1 of the interface, Documentation/admin-guide/cgroup-v1/blkio-controller.rst. Writes into the page cache go on
/// at any rate; what flushes them, or goes past it, waits. Reads out of it do too; what is not there waits.</remarks>
internal sealed class DiskThrottle : IDisposable
{
    private const string Controller = "/sys/fs/cgroup/blkio";

    private static readonly TimeSpan EmptyPatience = TimeSpan.FromSeconds(5);

    private readonly string _folder;
    private readonly DeviceNumber _device;

    private DiskThrottle(string folder, DeviceNumber device) => (_folder, _device) = (folder, device);

    /// <summary>Makes the group; nothing is slow before <see cref="Enforce"/>.</summary>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static DiskThrottle Create(string name, DeviceNumber? device)
    {
        if (device is null) throw new NodeFailedException("a slow disk needs a disk under the data, which lies in memory");
        if (!Directory.Exists(Controller)) throw new NodeFailedException($"a slow disk needs the kernel's block I/O controller at {Controller}");

        var folder = Path.Combine(Controller, string.Create(CultureInfo.InvariantCulture, $"testbed-{Environment.ProcessId}-{name}"));
        try
        {
            Directory.CreateDirectory(folder);
            return new DiskThrottle(folder, device.Value);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NodeFailedException($"a slow disk needs a control group, which only root may make: {error.Message}");
        }
    }

    /// <summary>From now on what the process does in this direction is held to the rate.</summary>
    public void Enforce(DiskDirection direction, int pid, long bytesPerSecond)
    {
        SetRate(direction, bytesPerSecond);
        Write("cgroup.procs", string.Create(CultureInfo.InvariantCulture, $"{pid}"));
    }

    /// <summary>As fast as the disk goes again.</summary>
    public void Lift(DiskDirection direction) => SetRate(direction, 0);

    /// <summary>Removes the group once its processes have ended.</summary>
    public void Dispose()
    {
        for (var until = DateTime.UtcNow + EmptyPatience; ; Thread.Sleep(50))
        {
            try
            {
                Directory.Delete(_folder);
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its processes are still ending; a group that stays behind is empty and holds nobody back.
                if (DateTime.UtcNow > until) return;
            }
        }
    }

    private void SetRate(DiskDirection direction, long bytesPerSecond) =>
        Write($"blkio.throttle.{(direction == DiskDirection.Read ? "read" : "write")}_bps_device", string.Create(CultureInfo.InvariantCulture, $"{_device.Major}:{_device.Minor} {bytesPerSecond}"));

    private void Write(string file, string text)
    {
        try
        {
            File.WriteAllText(Path.Combine(_folder, file), text);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new NodeFailedException($"a slow disk: {file} does not take '{text}': {error.Message}");
        }
    }
}

internal enum DiskDirection
{
    Read,

    Write,
}
