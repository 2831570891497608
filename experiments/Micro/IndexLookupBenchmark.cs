using BenchmarkDotNet.Attributes;
using Engine.Storage;

namespace Micro;

/// <summary>An offset looked up in a segment's sparse index, at places all over it: the first step of every read from a file.</summary>
public class IndexLookupBenchmark
{
    private const int BatchBytes = 4096;
    private const int RecordsPerBatch = 40;

    private readonly long[] _wanted = new long[1024];
    private OffsetIndex _index = new(0);
    private int _next;

    /// <summary>An entry each 4 KiB: 4 MiB, 256 MiB and 1 GiB of log.</summary>
    [Params(1 << 10, 64 << 10, 256 << 10)]
    public int Entries { get; set; }

    [GlobalSetup]
    public void Fill()
    {
        _index = new OffsetIndex(0, Entries);
        for (var i = 0; i < Entries; i++) _index.Add(((long)(i + 1) * RecordsPerBatch) - 1, (long)i * BatchBytes);
        var random = new Random(1);
        for (var i = 0; i < _wanted.Length; i++) _wanted[i] = random.NextInt64((long)Entries * RecordsPerBatch);
        if (_index.PositionBefore(RecordsPerBatch * 2) != BatchBytes) throw new InvalidOperationException("the index does not find what was added");
    }

    [Benchmark]
    public long PositionBefore() => _index.PositionBefore(_wanted[_next++ & 1023]);
}
