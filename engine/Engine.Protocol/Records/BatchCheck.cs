using Engine.Core;
using Engine.Protocol.Wire;

namespace Engine.Protocol.Records;

/// <summary>What is checked of a batch before it enters a log: lengths, magic, counts and the CRC, never the
/// records.</summary>
public static class BatchCheck
{
    /// <summary>Checks what one partition of a produce request carries: exactly one whole batch of format v2.</summary>
    /// <param name="records">The partition's bytes as received.</param>
    /// <param name="maxBatchBytes">The topic's <c>max.message.bytes</c>.</param>
    /// <param name="problem">What is wrong, for the answer's error message; null when nothing is.</param>
    public static ErrorCode ForProduce(ReadOnlySpan<byte> records, int maxBatchBytes, out string? problem)
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
        if (header.SizeBytes > maxBatchBytes)
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
        if ((int)header.Codec > (int)CompressionCodec.Zstd)
            return Fail(ErrorCode.UnsupportedCompressionType, "the batch's compression type is unknown", out problem);
        if (!CrcMatches(records))
            return Fail(ErrorCode.CorruptMessage, "the batch's CRC-32C does not match its bytes", out problem);

        problem = null;
        return ErrorCode.None;
    }

    /// <summary>The size of the whole, sound batch that <paramref name="bytes"/> starts with, or 0 when there is
    /// none.</summary>
    /// <remarks>For bytes from a leader or from a file after a crash: header fields that hold together and a CRC that
    /// matches.</remarks>
    public static int SoundBatchBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < BatchHeader.Size) return 0;

        var header = new BatchHeader(bytes);
        var size = header.SizeBytes;
        if (header.Magic != 2 || size < BatchHeader.Size || size > bytes.Length) return 0;
        if (header.BaseOffset < 0 || header.LastOffsetDelta < 0 || header.RecordCount < 0) return 0;
        return CrcMatches(bytes[..size]) ? size : 0;
    }

    private static bool CrcMatches(ReadOnlySpan<byte> batch) =>
        Crc32C.Compute(batch[BatchHeader.ChecksummedFrom..]) == new BatchHeader(batch).Crc;

    private static ErrorCode Fail(ErrorCode error, string reason, out string? problem)
    {
        problem = reason;
        return error;
    }
}
