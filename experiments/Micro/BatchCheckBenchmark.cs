using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using BenchmarkDotNet.Attributes;
using Engine.Protocol.Records;
using Engine.Protocol.Records.Compression;

namespace Micro;

/// <summary>What a batch costs before it may be appended, by what is looked at: the broker's seam <c>check</c>.</summary>
public class BatchCheckBenchmark : IMovesBytes
{
    private static readonly BatchLimits Limits = BatchLimits.At(1_700_000_000_000, 2 << 20, long.MaxValue, 3_600_000, needsKeys: false);

    private byte[] _batch = [];
    private byte[] _packed = [];

    [Params(100, 1024)]
    public int RecordBytes { get; set; }

    [Params(16 << 10, 128 << 10)]
    public int BatchBytes { get; set; }

    public long BytesPerOperation => BatchBytes;

    [GlobalSetup]
    public void Fill()
    {
        var buffer = new byte[BatchBytes];
        var builder = new BatchBuilder();
        builder.Begin(buffer, 0, BatchBytes, baseTimestampMs: 1_700_000_000_000);
        var line = new StringBuilder();
        for (var i = 0; ; i++)
        {
            line.Clear();
            while (line.Length < RecordBytes) line.Append("order ").Append((i * 7919) + line.Length).Append(" is paid; ");
            if (!builder.TryAppend(1_700_000_000_000 + (i / 10), Encoding.ASCII.GetBytes(line.ToString(0, RecordBytes)))) break;
        }

        _batch = buffer[..builder.Finish()];
        var packed = new MemoryStream();
        packed.Write(_batch.AsSpan(0, BatchHeader.Size));
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(_batch.AsSpan(BatchHeader.Size));
        _packed = packed.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(_packed.AsSpan(8), _packed.Length - BatchHeader.LengthOverhead);
        _packed[22] = (byte)CompressionCodec.Gzip;
    }

    [Benchmark(Baseline = true)]
    public bool Header() => BatchCheck.HeaderForProduce(_batch, Limits, out _) == 0;

    [Benchmark]
    public bool Crc() => BatchCheck.HeaderForProduce(_batch, Limits, out _) == 0 && BatchCheck.ChecksumForProduce(_batch, out _) == 0;

    [Benchmark]
    public bool Records() => Crc() && RecordWalk.Check(new BatchHeader(_batch), _batch.AsSpan(BatchHeader.Size), Limits, out _, out _) == 0;

    [Benchmark]
    public bool GzipRecords()
    {
        var header = new BatchHeader(_packed);
        var outcome = Unpacking.Unpack(header.Codec, _packed.AsSpan(BatchHeader.Size), 64 << 20, out var block, out var length);
        if (outcome != UnpackOutcome.Done) throw new InvalidDataException($"the batch is {outcome}");
        using (block) return RecordWalk.Check(header, block!.Bytes.AsSpan(0, length), Limits, out _, out _) == 0;
    }
}
