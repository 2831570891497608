using Engine.Storage;
using Engine.Storage.Write;

namespace Engine.Tests.Storage;

/// <summary>What a node pays for partitions by the thousand: nothing for those that are idle, and never more files than it may open.</summary>
public sealed class ManyLogsTests : IDisposable
{
    private static readonly Guid Topic = Guid.NewGuid();

    private string _path = ScratchLog.NewFolder();

    /// <summary>But for those whose files are gone when they are closed.</summary>
    public static TheoryData<string> WritePathNames =>
        [.. WritePaths.Catalog.Strategies.Select(path => path.Name).Where(name => !WritePaths.Catalog.Create(name).Instance.IsVolatile)];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void OpenLog_NeverWritten_TouchesNoDisk()
    {
        var calls = new TestCalls();
        using var folder = Open(calls: calls);
        var (syncs, names) = (calls.Syncs, calls.FolderSyncs);
        for (var i = 0; i < 1000; i++) OpenLog(folder, i);

        Assert.Equal((syncs, names), (calls.Syncs, calls.FolderSyncs));
        Assert.Empty(Directory.GetDirectories(_path));
        Assert.Equal(0, folder.OpenFileCount);
    }

    [Fact]
    public void Restart_ThousandLogsNeverWritten_FlushesAsOneDoes()
    {
        Assert.Equal(SyncsOfARestart(1), SyncsOfARestart(1000));

        static (int, int) SyncsOfARestart(int logs)
        {
            var (calls, path) = (new TestCalls(), ScratchLog.NewFolder());
            for (var run = 0; run < 2; run++)
            {
                using var folder = DataFolder.Open(path, 1, null, StorageStrategies.Create(), TimeProvider.System, calls);
                for (var i = 0; i < logs; i++) OpenLog(folder, i);
            }

            Directory.Delete(path, recursive: true);
            return (calls.Syncs, calls.FolderSyncs);
        }
    }

    [Fact]
    public void Restart_ThousandLogs_KeepTheirOffsetsUnreadAndUnopened()
    {
        const int logs = 1000;
        using (var folder = Open())
        {
            for (var i = 0; i < logs; i++) OpenLog(folder, i).Append(Batches.Make(0, 1 + (i % 7)));
        }

        var calls = new TestCalls();
        using var again = Open(calls: calls);
        var syncs = calls.Syncs;
        var opened = Enumerable.Range(0, logs).Select(i => OpenLog(again, i)).ToList();
        for (var i = 0; i < logs; i++)
        {
            Assert.Equal(1 + (i % 7), opened[i].EndOffset);
            Assert.Equal(new RecoveryReport(0, 0, 0), opened[i].Recovered);
        }

        again.Dispose();
        Assert.Equal(syncs + 1, calls.Syncs); // Unchanged logs have nothing to flush: only the clean stop is noted.
    }

    [Theory, MemberData(nameof(WritePathNames))]
    public void Append_MoreLogsThanFilesMayBeOpen_StaysWithinTheLimit(string write)
    {
        const int logs = 200;
        const int limit = 20;
        if (write == "direct")
        {
            Directory.Delete(_path);
            _path = ScratchLog.NewFolder(onDisk: true); // A tmpfs is refused.
        }

        using var folder = Open(write, openFilesMax: limit);
        var all = Enumerable.Range(0, logs).Select(i => OpenLog(folder, i)).ToList();
        for (var round = 0; round < 3; round++)
        {
            foreach (var log in all)
            {
                log.Append(Batches.Make(round * 2, 2));
                Assert.InRange(folder.OpenFileCount, 1, limit);
            }
        }

        foreach (var log in all)
        {
            Assert.True(log.TryRead(0, 6, int.MaxValue, true, out var slice));
            Assert.Equal([.. Batches.Make(0, 2), .. Batches.Make(2, 2), .. Batches.Make(4, 2)], ScratchLog.Take(slice));
        }

        // A writer past the page cache has a descriptor of its own beside the file's.
        Assert.InRange(Descriptors(), 1, 2 * limit);
    }

    [Fact]
    public void Append_FilesInUseBeyondTheLimit_StayOpenForWhoUsesThem()
    {
        using var folder = Open(openFilesMax: 4);
        var slices = new List<LogSlice>();
        for (var i = 0; i < 10; i++)
        {
            var log = OpenLog(folder, i);
            log.Append(Batches.Make(0, 2));
            Assert.True(log.TryRead(0, 2, int.MaxValue, true, out var slice));
            slices.Add(slice);
        }

        Assert.Equal(10, folder.OpenFileCount);
        Assert.All(slices, slice => Assert.Equal(Batches.Make(0, 2), ScratchLog.Take(slice)));
        OpenLog(folder, 10).Append(Batches.Make(0));
        Assert.InRange(folder.OpenFileCount, 1, 4);
    }

    [Fact]
    public void LetGoOfIdleFiles_UnusedSinceTheLastTime_OwnNoDescriptors()
    {
        using var folder = Open();
        var all = Enumerable.Range(0, 50).Select(i => OpenLog(folder, i)).ToList();
        foreach (var log in all) log.Append(Batches.Make(0));
        folder.Settle();

        folder.LetGoOfIdleFiles();
        Assert.Equal(50, Descriptors());
        all[7].Append(Batches.Make(1));
        folder.LetGoOfIdleFiles();
        Assert.Equal(1, Descriptors());
        folder.LetGoOfIdleFiles();
        Assert.Equal(0, Descriptors());

        all[8].Append(Batches.Make(1));
        Assert.True(all[8].TryRead(0, 2, int.MaxValue, true, out var slice));
        Assert.Equal([.. Batches.Make(0), .. Batches.Make(1)], ScratchLog.Take(slice));
    }

    [Fact]
    public async Task LetGoOfIdleFiles_WhileOthersAppendAndRead_LosesNothing()
    {
        const int appends = 3000;
        using var folder = Open(openFilesMax: 2);
        var logs = Enumerable.Range(0, 8).Select(i => OpenLog(folder, i)).ToList();
        using var stop = new CancellationTokenSource();
        var closing = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested) folder.LetGoOfIdleFiles();
        });
        var appending = logs.Select(log => Task.Run(() =>
        {
            for (var i = 0; i < appends; i++) log.Append(Batches.Make(i));
        })).ToList();
        var reading = logs.Select(log => Task.Run(() =>
        {
            while (log.EndOffset < appends)
            {
                var end = log.EndOffset;
                if (end == 0) continue;
                Assert.True(log.TryRead(end - 1, end, int.MaxValue, true, out var slice));
                Assert.Equal(Batches.Make(end - 1), ScratchLog.Take(slice));
            }
        })).ToList();
        await Task.WhenAll(appending.Concat(reading));
        await stop.CancelAsync();
        await closing;

        foreach (var log in logs)
        {
            Assert.True(log.TryRead(0, appends, int.MaxValue, true, out var slice));
            Assert.Equal(Enumerable.Range(0, appends).SelectMany(i => Batches.Make(i)), ScratchLog.Take(slice));
        }
    }

    private DataFolder Open(string write = "pagecache", TestCalls? calls = null, int? openFilesMax = null) => DataFolder.Open(
        _path, 1, null, StorageStrategies.Create(write: write, flush: "os-cache"), TimeProvider.System, calls ?? new TestCalls(), openFilesMax);

    private static PartitionLog OpenLog(DataFolder folder, int partition) => folder.OpenLog("many", Topic, partition, new LogOptions());

    /// <summary>This process's descriptors of segment files in the folder.</summary>
    private int Descriptors()
    {
        var count = 0;
        foreach (var descriptor in new DirectoryInfo("/proc/self/fd").GetFileSystemInfos())
        {
            if (descriptor.LinkTarget is { } target && target.StartsWith(_path, StringComparison.Ordinal) && target.EndsWith(".log", StringComparison.Ordinal)) count++;
        }

        return count;
    }
}
