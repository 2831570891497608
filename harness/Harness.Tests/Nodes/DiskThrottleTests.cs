using System.Diagnostics;
using Harness.Faults;
using Harness.Measures;
using Harness.Nodes;
using Harness.Tests.Faults;

namespace Harness.Tests.Nodes;

public sealed class DiskThrottleTests
{
    [FaultsFact(FaultNeeds.Throttle)]
    public void Enforce_OneDirection_BoundsTheProcessInThatAloneUntilItIsLifted()
    {
        using var process = Process.Start(new ProcessStartInfo("sleep", ["60"]))!;
        using var throttle = DiskThrottle.Create("test", DataVolume.Of(Path.GetTempPath()).Device);
        var group = $"/sys/fs/cgroup/blkio/testbed-{Environment.ProcessId}-test";
        try
        {
            throttle.Enforce(DiskDirection.Read, process.Id, 3 << 20);
            Assert.Equal($"{process.Id}", File.ReadAllText(group + "/cgroup.procs").Trim());
            Assert.EndsWith($" {3 << 20}", Bound("read"), StringComparison.Ordinal);
            Assert.Equal("", Bound("write"));

            throttle.Enforce(DiskDirection.Write, process.Id, 1 << 20);
            throttle.Lift(DiskDirection.Read);
            Assert.Equal("", Bound("read"));
            Assert.EndsWith($" {1 << 20}", Bound("write"), StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }

        string Bound(string direction) => File.ReadAllText($"{group}/blkio.throttle.{direction}_bps_device").Trim();
    }
}
