using BenchmarkDotNet.Attributes;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Micro;

/// <summary>A fetch response's framing, its records sent from elsewhere: what the broker writes for each answer.</summary>
public class WireWriterBenchmark
{
    private const short Version = 12;
    private const int RecordsBytes = 1 << 20;

    private readonly WireBuffer _buffer = new(64 << 10);

    [Params(1, 100)]
    public int Partitions { get; set; }

    [Benchmark]
    public int Write()
    {
        _buffer.Clear();
        var writer = new FetchResponseWriter(_buffer, Version);
        writer.Begin(correlationId: 7, topicCount: 1);
        writer.BeginTopic("a-topic-of-usual-length"u8, Partitions);
        for (var partition = 0; partition < Partitions; partition++)
        {
            writer.BeginPartition(partition, ErrorCode.None, 1_000_000, 1_000_000, 0, RecordsBytes);
            writer.EndPartition();
        }

        writer.EndTopic();
        writer.End();
        return _buffer.Length;
    }
}
