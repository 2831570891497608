using System.Diagnostics;
using Harness.Nodes;

namespace Harness.Tests.Nodes;

public sealed class ControlGroupTests
{
    private const string Root = "/sys/fs/cgroup";
    private const string Purpose = "cluster.memory";

    [Fact]
    public void Enforce_AsRoot_BoundsTheProcessAndGoesWithIt()
    {
        var limits = new ResourceLimits(64 << 20, Cores: 0.5);
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Contains("root", Assert.Throws<NodeFailedException>(() => ControlGroup.Create("test", limits, Purpose)).Message);
            return;
        }

        using var process = Process.Start("sleep", "60")!;
        try
        {
            using (var group = ControlGroup.Create($"test-{process.Id}", limits, Purpose))
            {
                group.Add(process.Id);
                group.Enforce();

                Assert.NotEmpty(Folders(process.Id));
                Assert.Equal($"{64 << 20}", Read(process.Id, "memory.limit_in_bytes", "memory.max"));
                Assert.Contains(Read(process.Id, "cpu.cfs_quota_us", "cpu.max"), new[] { "50000", "50000 100000" });
                Assert.All(group.JoinFiles, file => Assert.Equal($"{process.Id}", File.ReadAllText(file).Trim()));
                process.Kill();
                process.WaitForExit();
            }

            Assert.Empty(Folders(process.Id));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    [Fact]
    public void Launcher_AsRoot_StartsTheProgramInsideItsGroup()
    {
        if (!Environment.IsPrivilegedProcess) return;

        var name = $"launch-{Guid.NewGuid():N}";
        using var group = ControlGroup.Create(name, new ResourceLimits(64 << 20), Purpose);
        var command = Launcher.Of(group.JoinFiles, cpus: "0");
        using var process = Process.Start(new ProcessStartInfo(command[0], [.. command.Skip(1), "cat", "/proc/self/cgroup", "/proc/self/status"]) { RedirectStandardOutput = true })!;

        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Equal(0, process.ExitCode);
        Assert.Contains(name, output, StringComparison.Ordinal);
        Assert.Contains("Cpus_allowed_list:\t0\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Launcher_WithoutAnythingAskedFor_IsNoCommand() => Assert.Empty(Launcher.Of([], cpus: null));

    [Fact]
    public void ReleaseOrphans_RemovesGroupsOfProcessesThatAreGoneAndNoOthers()
    {
        if (!Environment.IsPrivilegedProcess) return;

        using var process = Process.Start("true")!;
        process.WaitForExit();
        using var own = ControlGroupFolder.Create("memory", $"kept-{process.Id}", Purpose);
        var parent = Path.GetDirectoryName(Path.GetDirectoryName(own.JoinFile))!;
        var orphan = Directory.CreateDirectory(Path.Combine(parent, $"testbed-{process.Id}-run")).FullName;

        ControlGroupFolder.ReleaseOrphans();

        Assert.False(Directory.Exists(orphan));
        Assert.True(File.Exists(own.JoinFile));
    }

    private static string Read(int pid, params string[] names) =>
        Folders(pid).SelectMany(folder => names.Select(name => Path.Combine(folder, name))).Where(File.Exists).Select(file => File.ReadAllText(file).Trim()).First();

    // A tree for each controller, or one for all; cpu is there twice where it is joined with cpuacct.
    private static List<string> Folders(int pid) =>
        [.. Directory.GetDirectories(Root).Append(Root).SelectMany(tree => Directory.GetDirectories(tree, $"testbed-*-test-{pid}"))];
}
