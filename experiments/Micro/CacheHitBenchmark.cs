using BenchmarkDotNet.Attributes;
using Engine.Storage.Cache;
using Micro.Bare;

namespace Micro;

/// <summary>A recent batch read out of each cache, against a pread of the same bytes from the page cache into a buffer that is used again.</summary>
/// <remarks><c>none</c> has no cache to hit: its row is what a read costs that goes to the file.</remarks>
public unsafe class CacheHitBenchmark
{
    private const int LogBytes = 1 << 20;

    private ScratchLog? _log;
    private Microsoft.Win32.SafeHandles.SafeFileHandle? _file;
    private byte[] _buffer = [];
    private int _batches;
    private int _next;

    [ParamsSource(nameof(Strategies))]
    public string Cache { get; set; } = "";

    [Params(4 << 10, 64 << 10)]
    public int SizeBytes { get; set; }

    public static IEnumerable<string> Strategies => BatchCaches.Catalog.Strategies.Select(strategy => strategy.Name);

    [GlobalSetup]
    public void Fill()
    {
        var batch = ScratchLog.BatchOf(SizeBytes);
        _log = new ScratchLog(read: "positioned", cache: Cache);
        _batches = LogBytes / SizeBytes;
        for (var i = 0; i < _batches; i++) _log.Append(batch);
        _file = Calls.OpenFile(_log.SegmentPath, Calls.ReadWrite);
        _buffer = GC.AllocateUninitializedArray<byte>(SizeBytes, pinned: true);

        // Twice: a cache may take in what it misses.
        for (var i = 0; i < 2 * _batches; i++) Engine();
        var hits = _log.Log.CacheCounts.Hits;
        Engine();
        if (Cache != "none" && _log.Log.CacheCounts.Hits == hits) throw new InvalidOperationException($"{Cache} did not answer: this would not be a hit");
    }

    [Benchmark(Baseline = true)]
    public byte Bare()
    {
        fixed (byte* bytes = _buffer) Calls.ReadAt(_file!, bytes, SizeBytes, (long)Next() * SizeBytes);
        return _buffer[0];
    }

    [Benchmark]
    public byte Engine()
    {
        if (!_log!.Log.TryRead(Next(), long.MaxValue, SizeBytes, atLeastOneBatch: true, out var slice) || slice.Length != SizeBytes)
            throw new InvalidOperationException("the log did not give the batch it holds");

        var first = slice.Memory.Span[0];
        slice.Release();
        return first;
    }

    [GlobalCleanup]
    public void Remove()
    {
        _file?.Dispose();
        _log?.Dispose();
    }

    private int Next() => _next = _next + 1 < _batches ? _next + 1 : 0;
}
