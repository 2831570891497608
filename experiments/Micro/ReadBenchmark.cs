using BenchmarkDotNet.Attributes;
using Engine.Storage.Read;
using Micro.Bare;

namespace Micro;

/// <summary>A batch found in a log and sent over the loopback by each read path, against a bare loop of the calls it rests on.</summary>
/// <remarks>The file is in the page cache, and the receiver's kernel drops what arrives. The ratio is what finding the offset,
/// holding the file and giving it up add.</remarks>
public class ReadBenchmark : IMovesBytes
{
    private const int LogBytes = 64 << 20;

    private ScratchLog? _log;
    private Drain? _drain;
    private BareReader? _bare;
    private int _batches;
    private int _next;

    [ParamsSource(nameof(Strategies))]
    public string Read { get; set; } = "";

    [Params(4 << 10, 64 << 10, 1 << 20)]
    public int SizeBytes { get; set; }

    public long BytesPerOperation => SizeBytes;

    public static IEnumerable<string> Strategies => ReadPaths.Catalog.Strategies.Select(strategy => strategy.Name);

    [GlobalSetup]
    public void Fill()
    {
        var batch = ScratchLog.BatchOf(SizeBytes);
        _log = new ScratchLog(read: Read);
        _batches = LogBytes / SizeBytes;
        for (var i = 0; i < _batches; i++) _log.Append(batch);
        _drain = new Drain();
        _bare = BareReader.Like(Read, _log.SegmentPath, SizeBytes, _drain);
    }

    [Benchmark(Baseline = true)]
    public void Bare() => _bare!.Read((long)Next() * SizeBytes, SizeBytes);

    [Benchmark]
    public unsafe void Engine()
    {
        if (!_log!.Log.TryRead(Next(), long.MaxValue, SizeBytes, atLeastOneBatch: true, out var slice) || slice.Length != SizeBytes)
            throw new InvalidOperationException("the log did not give the batch it holds");

        if (slice.File is { } file)
        {
            _drain!.SendFile(file, slice.FilePosition, slice.Length);
        }
        else
        {
            fixed (byte* bytes = slice.Memory.Span) _drain!.Send(bytes, slice.Length);
        }

        slice.Release();
    }

    [GlobalCleanup]
    public void Remove()
    {
        _drain?.Dispose();
        _bare?.Dispose();
        _log?.Dispose();
    }

    // Round and round, and one record a batch: the number is also the offset.
    private int Next() => _next = _next + 1 < _batches ? _next + 1 : 0;
}
