using System.Diagnostics;
using Harness.Runs;

namespace Harness.Tests.Runs;

public sealed class MemoryCapTests
{
    [Fact]
    public void Enforce_AsRoot_BoundsTheProcessAndGoesWithIt()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Contains("only root", Assert.Throws<RunFailedException>(() => MemoryCap.Create("test", 64 << 20)).Message);
            return;
        }

        using var process = Process.Start("sleep", "60")!;
        try
        {
            string group;
            using (var cap = MemoryCap.Create($"test-{process.Id}", 64 << 20))
            {
                cap.Add(process.Id);
                cap.Enforce();

                group = File.ReadAllLines($"/proc/{process.Id}/cgroup").Single(line => line.Contains("testbed-", StringComparison.Ordinal));
                var folder = Directory.GetDirectories(Directory.Exists("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup", $"testbed-*-test-{process.Id}").Single();
                var limit = Directory.GetFiles(folder).Single(file => Path.GetFileName(file) is "memory.limit_in_bytes" or "memory.max");
                Assert.Equal($"{64 << 20}", File.ReadAllText(limit).Trim());
                process.Kill();
                process.WaitForExit();
            }

            Assert.False(Directory.Exists("/sys/fs/cgroup/memory" + group[(group.LastIndexOf(':') + 1)..]));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
