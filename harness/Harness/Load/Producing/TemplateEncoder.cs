using System.Buffers.Binary;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;
using Harness.Load.Content;

namespace Harness.Load.Producing;

/// <summary>Sends the first n records of one batch encoded once: no more work a batch than its header and its checksum.</summary>
internal sealed class TemplateEncoder
{
    private readonly byte[] _buffer;
    private readonly int _start;
    private readonly List<int> _sizes = [BatchHeader.Size]; // by record count
    private long _timestampMs;

    /// <summary>Encodes as many records as fit.</summary>
    public TemplateEncoder(byte[] buffer, int start, int maxBytes, StreamRecords records)
    {
        (_buffer, _start) = (buffer, start);
        var builder = new BatchBuilder();
        builder.Begin(buffer, start, maxBytes, baseTimestampMs: 0);
        while (builder.TryAppend(0, records.Value(builder.Count))) _sizes.Add(builder.SizeBytes);
        if (builder.Finish() == 0) throw new LoadException("a batch has no room for one record");
    }

    public int Count { get; private set; }

    public int SizeBytes => _sizes[Count];

    public void Begin(long timestampMs) => (Count, _timestampMs) = (0, timestampMs);

    public bool TryAppend()
    {
        if (Count + 1 == _sizes.Count) return false;
        Count++;
        return true;
    }

    public int Finish(long producerId, short producerEpoch, int baseSequence)
    {
        var batch = _buffer.AsSpan(_start, SizeBytes);
        BinaryPrimitives.WriteInt32BigEndian(batch[8..], batch.Length - BatchHeader.LengthOverhead);
        BinaryPrimitives.WriteInt32BigEndian(batch[23..], Count - 1); // last offset delta
        BinaryPrimitives.WriteInt64BigEndian(batch[27..], _timestampMs); // first and
        BinaryPrimitives.WriteInt64BigEndian(batch[35..], _timestampMs); // largest timestamp: all deltas are 0
        BinaryPrimitives.WriteInt64BigEndian(batch[43..], producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch[51..], producerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(batch[53..], baseSequence);
        BinaryPrimitives.WriteInt32BigEndian(batch[57..], Count);
        BinaryPrimitives.WriteUInt32BigEndian(batch[BatchHeader.CrcOffset..], Crc32C.Compute(batch[BatchHeader.ChecksummedFrom..]));
        return batch.Length;
    }
}
