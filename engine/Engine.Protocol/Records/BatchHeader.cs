using System.Buffers.Binary;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Records;

/// <summary>The 61 bytes before a record batch's records (message format v2), as a view over the batch's own
/// bytes.</summary>
/// <remarks>
/// Source: KIP-98 and Kafka's DefaultRecordBatch. The CRC covers everything from the attributes on, so the base offset and
/// the leader epoch, which stand before it, are patched in place by the leader without touching it.
/// </remarks>
public readonly ref struct BatchHeader(ReadOnlySpan<byte> batch)
{
    /// <summary>Bytes before the first record.</summary>
    public const int Size = 61;

    /// <summary>Bytes that the length field does not count: base offset and the length itself.</summary>
    public const int LengthOverhead = 12;

    public const int CrcOffset = 17;

    /// <summary>Where the bytes that the CRC covers begin.</summary>
    public const int ChecksummedFrom = 21;

    private readonly ReadOnlySpan<byte> _bytes = batch;

    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(_bytes);

    /// <summary>The whole batch's size in bytes, this header included. Not checked: may be anything a client sent.</summary>
    public int SizeBytes => unchecked(BinaryPrimitives.ReadInt32BigEndian(_bytes[8..]) + LengthOverhead);

    public int LeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(_bytes[12..]);

    public byte Magic => _bytes[16];

    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(_bytes[CrcOffset..]);

    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(_bytes[21..]);

    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(_bytes[23..]);

    /// <summary>Milliseconds since the Unix epoch of the first record.</summary>
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[27..]);

    /// <summary>Milliseconds since the Unix epoch of the youngest record, as the producer stated it.</summary>
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(_bytes[35..]);

    /// <summary>-1 when the producer is not idempotent.</summary>
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(_bytes[43..]);

    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(_bytes[51..]);

    /// <summary>The first record's sequence number; -1 when the producer is not idempotent.</summary>
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(_bytes[53..]);

    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(_bytes[57..]);

    /// <summary>The last record's offset.</summary>
    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset after the last record's.</summary>
    public long NextOffset => BaseOffset + LastOffsetDelta + 1;

    public CompressionCodec Codec => (CompressionCodec)(Attributes & 0x7);

    /// <summary>Whether all records have <see cref="MaxTimestamp"/>, the broker's time of appending
    /// (LogAppendTime).</summary>
    public bool IsStampedByBroker => (Attributes & 0x8) != 0;

    public bool IsTransactional => (Attributes & 0x10) != 0;

    public bool IsControl => (Attributes & 0x20) != 0;

    /// <summary>Whether attributes are set beyond those above, which are all that a producer may know of.</summary>
    public bool HasUndefinedAttributes => (Attributes & ~0x3f) != 0;

    /// <summary>Whether <see cref="BaseTimestamp"/> is no record's time but that until which the batch's deletions are kept,
    /// since compaction has seen them (KIP-534). Timestamps are relative to it all the same.</summary>
    public bool HasDeleteHorizon => (Attributes & DeleteHorizonFlag) != 0;

    public const short DeleteHorizonFlag = 0x40;

    /// <summary>Copies the header's bytes.</summary>
    public void CopyTo(Span<byte> target) => _bytes[..Size].CopyTo(target);

    /// <summary>Makes the batch the leader's: its place in the log and the epoch it was appended in. The CRC stays
    /// valid.</summary>
    public static void Assign(Span<byte> batch, long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch[12..], leaderEpoch);
    }

    /// <summary>Makes the header tell the truth about its records' largest timestamp, and the CRC match again.</summary>
    public static void CorrectMaxTimestamp(Span<byte> batch, long maxTimestampMs)
    {
        BinaryPrimitives.WriteInt64BigEndian(batch[35..], maxTimestampMs);
        BinaryPrimitives.WriteUInt32BigEndian(batch[CrcOffset..], Crc32C.Compute(batch[ChecksummedFrom..]));
    }
}

/// <summary>How a batch's records are compressed; the broker stores them as they came.</summary>
public enum CompressionCodec
{
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}
