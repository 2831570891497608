using System.Globalization;
using Harness.Measures;

namespace Harness.Nodes;

/// <summary>A control group whose writes to one disk, or reads from it, go at no more than a rate. Needs root and the kernel's block I/O controller.</summary>
/// <remarks>Version 1 of the interface, Documentation/admin-guide/cgroup-v1/blkio-controller.rst. Writes into the page cache go on
/// at any rate; what flushes them, or goes past it, waits. Reads out of it do too; what is not there waits.</remarks>
internal sealed class DiskThrottle : IDisposable
{
    private const string Purpose = "a slow disk";

    private readonly ControlGroupFolder _group;
    private readonly DeviceNumber _device;

    private DiskThrottle(ControlGroupFolder group, DeviceNumber device) => (_group, _device) = (group, device);

    /// <summary>Makes the group; nothing is slow before <see cref="Enforce"/>.</summary>
    /// <exception cref="NodeFailedException">This machine does not allow it; the message says what it takes.</exception>
    public static DiskThrottle Create(string name, DeviceNumber? device)
    {
        if (device is null) throw new NodeFailedException(Purpose + " needs a disk under the data, which lies in memory");

        return new DiskThrottle(ControlGroupFolder.Create("blkio", name, Purpose), device.Value);
    }

    /// <summary>From now on what the process does in this direction is held to the rate.</summary>
    public void Enforce(DiskDirection direction, int pid, long bytesPerSecond)
    {
        SetRate(direction, bytesPerSecond);
        _group.Add(pid);
    }

    /// <summary>As fast as the disk goes again.</summary>
    public void Lift(DiskDirection direction) => SetRate(direction, 0);

    /// <summary>Removes the group once its processes have ended.</summary>
    public void Dispose() => _group.Dispose();

    private void SetRate(DiskDirection direction, long bytesPerSecond) =>
        _group.Write(
            $"blkio.throttle.{(direction == DiskDirection.Read ? "read" : "write")}_bps_device",
            string.Create(CultureInfo.InvariantCulture, $"{_device.Major}:{_device.Minor} {bytesPerSecond}"));
}

internal enum DiskDirection
{
    Read,

    Write,
}
