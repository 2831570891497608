using Harness.Files;
using Harness.Load;

namespace Harness.Tests.Files;

/// <summary>The worker on small files: what it reads and writes is what it says, by every way there is.</summary>
public sealed class FileWorkerTests : IDisposable
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"testbed-files-{Guid.NewGuid():N}")).FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("system-call")]
    [InlineData("direct")]
    [InlineData("gather")]
    [InlineData("mapped")]
    [InlineData("random-access")]
    [InlineData("file-stream")]
    [InlineData("file-stream-unbuffered")]
    public void Write_Growing_FillsEachFileOnce(string api)
    {
        var report = Work(new FileWork { Action = FileAction.Write, Api = api, BlockBytes = 4096, FileBytes = 2 << 20, Threads = 2, Growing = true, SyncEveryBytes = 256 << 10 });

        Assert.Equal([], report.Problems);
        Assert.Equal((512, 2 << 20, 8), (report.Operations, report.Bytes, report.Syncs));
        Assert.Equal(512, report.Latency.Count);
        Assert.All(Directory.GetFiles(_folder), file =>
        {
            var bytes = File.ReadAllBytes(file);
            Assert.Equal(1 << 20, bytes.Length);
            // Every block holds the noise that was to be written, the last as well as the first.
            Assert.Equal(bytes[..4096], bytes[^4096..]);
            Assert.True(bytes.Take(4096).Distinct().Count() > 200);
        });
    }

    [Fact]
    public void Write_ThroughARing_FillsTheFileWhereTheKernelHasOne()
    {
        FileReport report;
        try
        {
            report = Work(new FileWork { Action = FileAction.Write, Api = "io-uring", BlockBytes = 64 << 10, FileBytes = 2 << 20, Growing = true, SyncEveryBytes = 512 << 10 });
        }
        catch (IOException refused)
        {
            // Some machines turn it off, and then say so.
            Assert.StartsWith("io_uring_setup: ", refused.Message);
            return;
        }

        Assert.Equal([], report.Problems);
        Assert.Equal((32, 2 << 20, 4), (report.Operations, report.Bytes, report.Syncs));
        var bytes = File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder)));
        Assert.Equal(2 << 20, bytes.Length);
        for (var block = 0; block < 32; block++) Assert.True(bytes.AsSpan(block * (64 << 10), 64 << 10).SequenceEqual(bytes.AsSpan(0, 64 << 10)), $"block {block}");
        Assert.True(bytes.Take(4096).Distinct().Count() > 200);
    }

    [Theory]
    [InlineData("system-call", AccessPattern.Random)]
    [InlineData("direct", AccessPattern.Sequential)]
    [InlineData("mapped", AccessPattern.Random)]
    [InlineData("random-access", AccessPattern.Sequential)]
    [InlineData("file-stream", AccessPattern.Random)]
    public void Read_Cold_TakesEachBlockOnce(string api, AccessPattern pattern)
    {
        var report = Work(new FileWork { Api = api, Pattern = pattern, BlockBytes = 16 << 10, FileBytes = 4 << 20, Cache = CacheState.Cold });

        Assert.Equal([], report.Problems);
        Assert.Equal((256, 4 << 20), (report.Operations, report.Bytes));
    }

    [Fact]
    public void Read_Warm_GoesRoundUntilTheTimeIsOver()
    {
        var report = Work(new FileWork { BlockBytes = 64 << 10, FileBytes = 1 << 20 }, TimeSpan.FromMilliseconds(200));

        Assert.True(report.Bytes > 1 << 20, $"{report.Bytes} bytes");
    }

    [Fact]
    public void Copy_TouchesNoFile()
    {
        var report = Work(new FileWork { Action = FileAction.Copy, BlockBytes = 1 << 20, FileBytes = 8 << 20 }, TimeSpan.FromMilliseconds(50));

        Assert.True(report.Operations > 0);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("no-such-way", FileAction.Read, 4096, "choose system-call, direct, mapped")]
    [InlineData("gather", FileAction.Read, 4096, "no way 'gather' to read")]
    [InlineData("direct", FileAction.Write, 1000, "O_DIRECT moves multiples of 4096")]
    [InlineData("system-call", FileAction.Write, 2 << 20, "less than a block")]
    public void Run_WorkThatCannotBe_IsRefused(string api, FileAction action, long blockBytes, string reason)
    {
        var output = new StringWriter();
        var spec = Spec(new FileWork { Api = api, Action = action, BlockBytes = blockBytes, FileBytes = 1 << 20 }, TimeSpan.FromSeconds(1));

        Assert.Equal(LoadWorker.Refused, FileWorker.Run(new StringReader(LoadJson.Write(spec)), output, CancellationToken.None));
        Assert.Contains(reason, Assert.Single(Assert.IsType<RefusalLine>(LoadJson.ReadLine(output.ToString())).Problems));
    }

    private FileReport Work(FileWork work, TimeSpan? duration = null)
    {
        var lines = new List<LoadLine>();
        var report = new FileWorkload(Spec(work, duration ?? TimeSpan.FromSeconds(30)), lines.Add, CancellationToken.None).Execute();
        Assert.Equal([PhaseEdge.Start, PhaseEdge.End], lines.OfType<PhaseLine>().Where(line => line.Phase == "measure").Select(line => line.Edge));
        return report;
    }

    private FileSpec Spec(FileWork work, TimeSpan duration) => new() { Folder = _folder, Work = work, Duration = duration, Seed = 7 };
}
