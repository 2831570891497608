using BenchmarkDotNet.Attributes;
using Engine.Protocol.Records;

namespace Micro;

/// <summary>Records encoded into one batch, its checksum included: what a producer does to each.</summary>
public class BatchBuildBenchmark : IMovesBytes
{
    private readonly BatchBuilder _builder = new();
    private readonly byte[] _buffer = new byte[1 << 20];
    private byte[] _value = [];

    [Params(100, 1024)]
    public int RecordBytes { get; set; }

    [Params(16 << 10, 128 << 10)]
    public int BatchBytes { get; set; }

    public long BytesPerOperation => BatchBytes;

    [GlobalSetup]
    public void Fill()
    {
        _value = new byte[RecordBytes];
        new Random(1).NextBytes(_value);
    }

    [Benchmark]
    public int Build()
    {
        _builder.Begin(_buffer, 0, BatchBytes, baseTimestampMs: 1_700_000_000_000);
        while (_builder.TryAppend(1_700_000_000_005, _value))
        {
        }

        return _builder.Finish();
    }
}
