using BenchmarkDotNet.Attributes;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Micro;

/// <summary>A produce request taken apart, its records untouched: what the broker does to each before it looks at a batch.</summary>
public class WireReaderBenchmark
{
    private const short Version = 11;
    private const int RecordsBytes = 1 << 10;

    private readonly ProduceRequest _request = new();
    private byte[] _body = [];

    [Params(1, 100)]
    public int Partitions { get; set; }

    [GlobalSetup]
    public void Write()
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ProduceRequest.WriteStart(ref writer, Version, transactionalId: null, acks: -1, timeoutMs: 30_000, topicCount: 1);
        ProduceRequest.WriteTopic(ref writer, "a-topic-of-usual-length"u8, Partitions);
        for (var partition = 0; partition < Partitions; partition++)
        {
            ProduceRequest.WritePartition(ref writer, partition, RecordsBytes);
            writer.WriteRaw(new byte[RecordsBytes]);
            writer.EndStruct();
        }

        writer.EndStruct();
        writer.EndStruct();
        _body = buffer.Written.ToArray();
        if (Read() != Partitions) throw new InvalidOperationException("the request was not read as it was written");
    }

    [Benchmark]
    public int Read()
    {
        var reader = new WireReader(_body);
        _request.Read(ref reader, Version);
        return _request.Partitions.Length;
    }
}
