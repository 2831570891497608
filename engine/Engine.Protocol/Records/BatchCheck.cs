using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Records;

/// <summary>What can be told of a batch without its records: whether its header holds together, and its CRC.</summary>
public static class BatchCheck
{
    // length, attributes, timestamp delta, offset delta, key length, value length, header count: a byte each at least.
    private const int SmallestRecordBytes = 7;

    /// <summary>Checks what one partition of a produce request carries: exactly one whole, sound batch of format v2.</summary>
    /// <param name="records">The partition's bytes as received.</param>
    /// <param name="maxBatchBytes">The topic's <c>max.message.bytes</c>.</param>
    /// <param name="problem">What is wrong, for the answer's error message; null when nothing is.</param>
    public static ErrorCode ForProduce(ReadOnlySpan<byte> records, int maxBatchBytes, out string? problem)
    {
        var error = HeaderForProduce(records, BatchLimits.OfSize(maxBatchBytes), out problem);
        return error == ErrorCode.None ? ChecksumForProduce(records, out problem) : error;
    }

    /// <summary>Checks the header alone: exactly one whole batch that a producer may send and that no index, no clock and
    /// no follower can be led astray by.</summary>
    public static ErrorCode HeaderForProduce(ReadOnlySpan<byte> records, in BatchLimits limits, out string? problem)
    {
        if (records.Length < BatchHeader.Size)
            return Fail(
                records.IsEmpty ? ErrorCode.InvalidRecord : ErrorCode.CorruptMessage,
                "the partition holds no whole record batch", out problem);

        var header = new BatchHeader(records);
        if (header.Magic != 2)
            return Fail(ErrorCode.InvalidRecord, "only record batches of magic 2 are taken", out problem);
        if (header.SizeBytes < BatchHeader.Size || header.SizeBytes > records.Length)
            return Fail(ErrorCode.CorruptMessage, "the batch's length field does not fit its bytes", out problem);
        if (header.SizeBytes > limits.MaxBytes)
            return Fail(ErrorCode.MessageTooLarge, "the batch is larger than max.message.bytes", out problem);
        if (header.SizeBytes < records.Length)
            return Fail(ErrorCode.InvalidRecord, "a partition takes exactly one batch a request", out problem);
        if (header.BaseOffset != 0)
            return Fail(ErrorCode.InvalidRecord, "a producer's batch has base offset 0", out problem);
        if (header.RecordCount <= 0 || header.LastOffsetDelta != header.RecordCount - 1)
            return Fail(ErrorCode.InvalidRecord, "record count and last offset delta do not agree", out problem);
        if (header.IsControl)
            return Fail(ErrorCode.InvalidRecord, "a client may not write control batches", out problem);
        if (header.ProducerId >= 0 && (header.BaseSequence < 0 || header.ProducerEpoch < 0))
            return Fail(ErrorCode.InvalidRecord, "an idempotent batch needs a sequence number and an epoch", out problem);
        return AttributesForProduce(header, limits, out problem);
    }

    /// <summary>Checks the CRC of a batch whose header has been found sound.</summary>
    public static ErrorCode ChecksumForProduce(ReadOnlySpan<byte> batch, out string? problem)
    {
        if (!CrcMatches(batch))
            return Fail(ErrorCode.CorruptMessage, "the batch's CRC-32C does not match its bytes", out problem);

        problem = null;
        return ErrorCode.None;
    }

    /// <summary>The size of the whole, sound batch that <paramref name="bytes"/> starts with, or 0 when there is
    /// none.</summary>
    /// <remarks>For bytes from a leader or from a file after a crash: header fields that hold together and a CRC that
    /// matches. Whatever a leader takes from a producer passes here, or its followers would stand still for ever.</remarks>
    public static int SoundBatchBytes(ReadOnlySpan<byte> bytes) =>
        WholeBatchBytes(bytes) is > 0 and var size && CrcMatches(bytes[..size]) ? size : 0;

    /// <summary>The same without the CRC: the size of the whole batch that <paramref name="bytes"/> starts with, or 0.</summary>
    public static int WholeBatchBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BatchHeader.Size) return 0;

        var header = new BatchHeader(bytes);
        var size = header.SizeBytes;
        if (header.Magic != 2 || size < BatchHeader.Size || size > bytes.Length) return 0;
        return header.BaseOffset < 0 || header.LastOffsetDelta < 0 || header.RecordCount < 0 ? 0 : size;
    }

    /// <summary>The most records that can be in so many bytes: what their count is measured against without a look at them.</summary>
    /// <remarks>
    /// A count is what offsets advance by, so one that is made up would leave holes of up to 2^31 offsets in the log. For
    /// compressed bytes it is what the format can unpack to at most: a deflate symbol of two bits to 258 bytes, an lz4
    /// length byte to 255, a snappy copy of three bytes to 64, a zstd block of four bytes to 128 KiB.
    /// </remarks>
    public static long MostRecords(CompressionCodec codec, int bodyBytes)
    {
        var expansion = codec switch
        {
            CompressionCodec.None => 1,
            CompressionCodec.Gzip => 1032,
            CompressionCodec.Snappy => 22,
            CompressionCodec.Lz4 => 255,
            _ => 32 * 1024,
        };
        return (long)bodyBytes * expansion / SmallestRecordBytes;
    }

    private static ErrorCode AttributesForProduce(in BatchHeader header, in BatchLimits limits, out string? problem)
    {
        if ((int)header.Codec > (int)CompressionCodec.Zstd)
            return Fail(ErrorCode.UnsupportedCompressionType, "the batch's compression type is unknown", out problem);
        if (header.RecordCount > MostRecords(header.Codec, header.SizeBytes - BatchHeader.Size))
            return Fail(ErrorCode.InvalidRecord, "the batch cannot hold as many records as it counts", out problem);
        if (header.IsTransactional)
            return Fail(ErrorCode.TransactionalIdAuthorizationFailed, "transactions are not supported", out problem);
        // Among them is Kafka's delete horizon, with which a producer would time the end of its own tombstones.
        if (header.HasUndefinedAttributes)
            return Fail(ErrorCode.InvalidRecord, "the batch has attributes that a producer may not set", out problem);
        if (header.IsStampedByBroker)
            return Fail(ErrorCode.InvalidTimestamp, "a producer may not claim the broker's time of appending", out problem);
        if (!limits.Allow(header.MaxTimestamp))
            return Fail(
                ErrorCode.InvalidTimestamp,
                "the batch's largest timestamp is outside message.timestamp.before.max.ms and message.timestamp.after.max.ms", out problem);

        problem = null;
        return ErrorCode.None;
    }

    private static bool CrcMatches(ReadOnlySpan<byte> batch) =>
        Crc32C.Compute(batch[BatchHeader.ChecksummedFrom..]) == new BatchHeader(batch).Crc;

    private static ErrorCode Fail(ErrorCode error, string reason, out string? problem)
    {
        problem = reason;
        return error;
    }
}
