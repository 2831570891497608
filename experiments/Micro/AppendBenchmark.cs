using BenchmarkDotNet.Attributes;
using Engine.Storage.Write;
using Micro.Bare;

namespace Micro;

/// <summary>64 MiB appended to a new log by each write path, against a bare loop of the call it rests on into a new file.</summary>
/// <remarks>Both leave it to the operating system when pages reach the disk. The ratio is what offsets, index, locks and
/// bookkeeping add, less what reserving blocks ahead saves; what is allocated is the index's growth, 8 bytes for each 4 KiB of log.</remarks>
public class AppendBenchmark : IMovesBytes
{
    private const long TotalBytes = 64 << 20;

    private byte[] _batch = [];
    private string _folder = "";
    private ScratchLog? _log;
    private BareWriter? _bare;

    [ParamsSource(nameof(Strategies))]
    public string Write { get; set; } = "";

    [Params(4 << 10, 16 << 10, 64 << 10, 1 << 20)]
    public int SizeBytes { get; set; }

    public long BytesPerOperation => TotalBytes;

    public static IEnumerable<string> Strategies => WritePaths.Catalog.Strategies.Select(strategy => strategy.Name);

    [GlobalSetup]
    public void MakeBatch() => _batch = ScratchLog.BatchOf(SizeBytes);

    [IterationSetup(Target = nameof(Engine))]
    public void OpenLog()
    {
        UsedMemory.Provide(TotalBytes * 2);
        _log = new ScratchLog(write: Write);
    }

    [IterationSetup(Target = nameof(Bare))]
    public void OpenFile()
    {
        UsedMemory.Provide(TotalBytes * 2);
        _folder = Directory.CreateTempSubdirectory("testbed-micro-").FullName;
        _bare = BareWriter.Like(Write, Path.Combine(_folder, "bare"), TotalBytes, SizeBytes);
    }

    [Benchmark(Baseline = true)]
    public void Bare()
    {
        for (var position = 0L; position < TotalBytes; position += SizeBytes) _bare!.Write(position);
    }

    [Benchmark]
    public long Engine()
    {
        for (var position = 0L; position < TotalBytes; position += SizeBytes) _log!.Append(_batch);
        return _log!.Log.EndOffset;
    }

    [IterationCleanup(Target = nameof(Engine))]
    public void RemoveLog() => _log?.Dispose();

    [IterationCleanup(Target = nameof(Bare))]
    public void RemoveFile()
    {
        _bare?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
