using System.Text;
using Harness.Faults;
using Harness.Nodes;
using Harness.Tests.Faults;

namespace Harness.Tests.Nodes;

public sealed class NodeDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [FaultsFact(FaultNeeds.Disks)]
    public async Task CutPower_TwoFiles_KeepsTheDurableOneAndLosesTheOther()
    {
        await using var disk = await Create();
        var (kept, lost) = (Path.Combine(disk.Path, "kept"), Path.Combine(disk.Path, "lost"));
        await File.WriteAllTextAsync(kept, "durable");
        // Everything on this disk, the folder's entry too; sync(1) reports a failure, as .NET's flush does not.
        Assert.NotNull(await Output.Of("sync", "--file-system", kept));
        await File.WriteAllTextAsync(lost, "in the page cache only");

        disk.CutPower();
        var refused = Record.Exception(() => File.WriteAllText(Path.Combine(disk.Path, "late"), "nobody takes this"));
        await disk.RestorePower();

        Assert.IsType<IOException>(refused);
        Assert.Equal("durable", await File.ReadAllTextAsync(kept));
        Assert.False(File.Exists(lost));
    }

    [FaultsFact(FaultNeeds.Disks)]
    public async Task Fill_ThenMakeRoom_WritesFailMeanwhile()
    {
        await using var disk = await Create();
        var file = Path.Combine(disk.Path, "file");

        disk.Fill();
        var refused = Record.Exception(() => File.WriteAllBytes(file, new byte[1 << 20]));
        disk.MakeRoom();
        await File.WriteAllBytesAsync(file, Encoding.ASCII.GetBytes("room"));

        Assert.IsType<IOException>(refused);
        Assert.Equal(4, new FileInfo(file).Length);
    }

    [FaultsFact(FaultNeeds.Disks)]
    public async Task Dispose_WithAFileOpen_LeavesNoMount()
    {
        var disk = await Create(unmountPatience: TimeSpan.FromMilliseconds(100));
        await using (File.Create(Path.Combine(disk.Path, "open"))) await disk.DisposeAsync();

        Assert.DoesNotContain(disk.Path, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [FaultsFact(FaultNeeds.Disks)]
    public async Task ReleaseOrphans_OneOfADeadProcessAndOneInUse_TakesOnlyTheFormer()
    {
        await using var used = await Create();
        var (orphan, image) = (Path.Combine(_folder, "orphan"), Path.Combine(_folder, "orphan.testbed-disk"));
        Directory.CreateDirectory(orphan);
        await using (var file = File.Create(image)) file.SetLength(32 << 20);
        Assert.NotNull(await Output.Of("mkfs.ext4", "-q", image));
        Assert.NotNull(await Output.Of("mount", "-o", "loop", image, orphan)); // nobody has it locked: all that is left of its owner

        NodeDisk.ReleaseOrphans();

        var mounts = await File.ReadAllTextAsync("/proc/self/mounts");
        Assert.DoesNotContain(orphan + " ", mounts, StringComparison.Ordinal);
        Assert.False(File.Exists(image));
        Assert.Contains(used.Path + " ", mounts, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(used.Path, "file"), "still there");
    }

    private Task<NodeDisk> Create(TimeSpan? unmountPatience = null) => NodeDisk.Create(Path.Combine(_folder, "disk"), 32 << 20, unmountPatience);
}
