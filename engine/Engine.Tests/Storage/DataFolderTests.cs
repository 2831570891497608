using System.Text;
using Engine.Storage;

namespace Engine.Tests.Storage;

public sealed class DataFolderTests : IDisposable
{
    private static readonly StorageStrategies Strategies = StorageStrategies.Create();

    private readonly string _path = ScratchLog.NewFolder();

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void Open_AlreadyOpen_IsRefused()
    {
        using var first = Open();
        Refused(() => Open(), "in use by another broker");
    }

    [Fact]
    public void Open_AfterClose_TakesOver()
    {
        Open().Dispose();
        using var second = Open();
        Assert.True(second.WasCleanShutdown);
    }

    [Fact]
    public void Open_FolderWithOtherFiles_IsRefusedAndLeftAlone()
    {
        File.WriteAllText(Path.Combine(_path, "thesis.tex"), "");
        Refused(() => Open(), "'thesis.tex'");
        Assert.Equal(["thesis.tex"], Directory.GetFileSystemEntries(_path).Select(Path.GetFileName));
    }

    [Fact]
    public void Open_BelowAFile_IsRefused()
    {
        File.WriteAllText(Path.Combine(_path, "file"), "");
        Refused(() => DataFolder.Open(Path.Combine(_path, "file", "data"), 1, null, Strategies), "cannot be used");
    }

    [Fact]
    public void Open_AsAnotherNode_IsRefused()
    {
        Open(1).Dispose();
        Refused(() => Open(2), "belongs to node 1, not to node 2");
    }

    [Fact]
    public void Open_AsAnotherCluster_IsRefused()
    {
        Open(1, null).Dispose();
        Open(1, "red").Dispose();
        Refused(() => Open(1, "blue"), "belongs to cluster red, not to cluster blue");
        using var again = Open(1, null);
        Assert.Equal("red", again.ClusterId);
    }

    [Fact]
    public void Open_DamagedIdentity_IsRefused()
    {
        Open().Dispose();
        File.WriteAllText(Path.Combine(_path, "testbed-node"), "");
        Refused(() => Open(), "format 1 is expected");
    }

    [Fact]
    public void OpenLog_TopicMadeAnew_DoesNotInheritItsBytes()
    {
        var (old, young) = (Guid.NewGuid(), Guid.NewGuid());
        using (var folder = Open())
        {
            folder.OpenLog("orders", old, 0, new LogOptions()).Append(Batches.Make(0, 5));
        }

        using (var folder = Open())
        {
            Assert.Equal(0, folder.OpenLog("orders", young, 0, new LogOptions()).EndOffset);
            folder.Settle();
            Assert.Empty(Directory.GetDirectories(_path));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("5f1b0f6e-6f2c.topic")]
    public void OpenLog_TopicIdLostOrDamaged_IsRefused(string? name)
    {
        using (var folder = Open()) folder.OpenLog("orders", Guid.NewGuid(), 0, new LogOptions()).Append(Batches.Make(0));
        var file = Assert.Single(Directory.GetFiles(Path.Combine(_path, "orders-0"), "*.topic"));
        if (name is null) File.Delete(file);
        else File.Move(file, Path.Combine(_path, "orders-0", name));
        using (var folder = Open())
            Refused(() => folder.OpenLog("orders", Guid.NewGuid(), 0, new LogOptions()), "is not known whose bytes");
    }

    [Theory]
    [InlineData("../orders")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void OpenLog_NameThatLeavesTheFolder_IsRefused(string topic)
    {
        using var folder = Open();
        Assert.Throws<ArgumentException>(() => folder.OpenLog(topic, Guid.NewGuid(), 0, new LogOptions()));
    }

    [Fact]
    public void OpenLog_Twice_IsABug()
    {
        using var folder = Open();
        var id = Guid.NewGuid();
        var log = folder.OpenLog("orders", id, 0, new LogOptions());
        Assert.Throws<InvalidOperationException>(() => folder.OpenLog("orders", id, 0, new LogOptions()));
        log.Append(Batches.Make(0));
        Assert.Equal(1, log.EndOffset);
    }

    [Fact]
    public void DeleteLog_AtOnce_FreesTheNameAndTakesTheFiles()
    {
        using var folder = Open();
        var id = Guid.NewGuid();
        var log = folder.OpenLog("orders", id, 0, new LogOptions());
        log.Append(Batches.Make(0, 5));
        folder.DeleteLog(log);

        Assert.Throws<LogOfflineException>(() => log.Append(Batches.Make(5)));
        var next = folder.OpenLog("orders", id, 0, new LogOptions());
        Assert.Equal(0, next.EndOffset);
        next.Append(Batches.Make(0));
        folder.Settle();
        Assert.Equal(["orders-0"], Directory.GetDirectories(_path).Select(Path.GetFileName));
    }

    [Fact]
    public void Open_WriteStrategyThatTriesTheDisk_LeavesNoProbe()
    {
        using var scratch = new ScratchLog(strategies: StorageStrategies.Create(write: "direct"), onDisk: true);
        scratch.Data.Dispose();
        using (DataFolder.Open(scratch.Path, 1, null, StorageStrategies.Create(write: "mapped")))
            Assert.DoesNotContain(Directory.GetFiles(scratch.Path), file => file.Contains("probe", StringComparison.Ordinal));
    }

    [Fact]
    public void Open_WriteDirectInMemory_IsRefused()
    {
        // A tmpfs accepts O_DIRECT since Linux 6.6, and keeps in memory what is written with it.
        var folder = Directory.CreateDirectory($"/dev/shm/testbed-{Guid.NewGuid():N}").FullName;
        try
        {
            Refused(() => DataFolder.Open(folder, 1, null, StorageStrategies.Create(write: "direct")), "does not take O_DIRECT");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Open_WriteMemoryOverALogOnDisk_IsRefused()
    {
        using (var folder = Open()) folder.OpenLog("orders", Guid.NewGuid(), 0, new LogOptions()).Append(Batches.Make(0, 5));

        Refused(() => DataFolder.Open(_path, 1, null, StorageStrategies.Create(write: "memory")), "write=memory would leave out");
        Assert.True(File.Exists(Path.Combine(_path, "orders-0", $"{0:D20}.log")));
    }

    [Fact]
    public void DurableFile_WrittenAgain_HoldsTheNewContentOnly()
    {
        var file = Path.Combine(_path, "epochs");
        Assert.Null(DurableFile.TryRead(file));
        DurableFile.Write(file, "a longer first content"u8);
        DurableFile.Write(file, "second"u8);

        Assert.Equal("second", Encoding.ASCII.GetString(DurableFile.TryRead(file)!));
        Assert.Equal(["epochs"], Directory.GetFiles(_path).Select(Path.GetFileName));
    }

    private DataFolder Open(int nodeId = 1, string? clusterId = null) => DataFolder.Open(_path, nodeId, clusterId, Strategies);

    private static void Refused(Func<object> open, string because)
    {
        var refusal = Assert.Throws<DataFolderException>(open);
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }
}
