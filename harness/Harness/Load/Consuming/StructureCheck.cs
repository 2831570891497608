using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Harness.Load.Consuming;

/// <summary>What can be checked of records whose origin is unknown: checksums, record layout, and offsets without a gap.</summary>
internal sealed class StructureCheck : IBatchCheck
{
    private readonly Findings _findings = new();
    private readonly Dictionary<int, long> _next = [];

    public void See(in Delivery delivery, ReadOnlySpan<byte> batch)
    {
        var partition = delivery.Partition;
        var header = new BatchHeader(batch);
        var where = $"partition {partition}, batch at offset {header.BaseOffset}";
        if (BatchCheck.SoundBatchBytes(batch) != batch.Length)
        {
            _findings.AddCorrupted(Math.Clamp(header.RecordCount, 1, batch.Length), $"{where}: its CRC does not match");
            return;
        }

        _findings.Read += header.RecordCount;
        if (_next.TryGetValue(partition, out var expected) && header.BaseOffset != expected)
        {
            if (header.BaseOffset > expected) _findings.AddLost(header.BaseOffset - expected, $"{where}: the offsets from {expected} on");
            else _findings.AddDuplicated(Math.Min(expected - header.BaseOffset, header.RecordCount), where);
        }

        _next[partition] = Math.Max(expected, header.NextOffset);
        if (header.Codec == CompressionCodec.None) CheckRecords(batch, where);
    }

    /// <summary>Told that the reader starts over.</summary>
    public void StartOver() => _next.Clear();

    public Findings Conclude() => _findings;

    private void CheckRecords(ReadOnlySpan<byte> batch, string where)
    {
        var offset = new BatchHeader(batch).BaseOffset;
        try
        {
            foreach (var record in new RecordReader(batch))
                if (record.Offset != offset++) _findings.AddReordered(1, $"{where}: offset {record.Offset} in the place of {offset - 1}");
        }
        catch (WireException problem)
        {
            _findings.AddCorrupted(new BatchHeader(batch).NextOffset - offset, $"{where}: {problem.Message}");
        }
    }
}
