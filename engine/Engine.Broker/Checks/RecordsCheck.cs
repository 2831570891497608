using Engine.Core;
using Engine.Core.Strategies;
using Engine.Protocol.Records;
using Engine.Protocol.Records.Compression;

namespace Engine.Broker.Checks;

/// <summary>Header, CRC and every record, unpacked where it must be: what Kafka's LogValidator does.</summary>
/// <remarks>
/// As Kafka, it corrects a largest timestamp that is not the records' own instead of refusing the batch. Records may unpack to
/// <c>maxUnpacked</c>, a limit Kafka has not: a megabyte of zeros packed by gzip is a gigabyte to look through.
/// </remarks>
internal sealed class RecordsCheck(int maxUnpackedBytes) : IBatchCheck
{
    private readonly string _tooLarge = $"the batch's records unpack to more than {Quantity.FormatBytes(maxUnpackedBytes)}";

    public bool ChecksCrc => true;

    public static IBatchCheck Create(StrategySpec spec) =>
        new RecordsCheck((int)Math.Min(spec.Bytes("maxUnpacked", 64 << 20), 1 << 30));

    public ErrorCode Check(Span<byte> batch, in BatchLimits limits, out string? problem)
    {
        var error = BatchCheck.HeaderForProduce(batch, limits, out problem);
        if (error == ErrorCode.None) error = BatchCheck.ChecksumForProduce(batch, out problem);
        if (error != ErrorCode.None) return error;

        var header = new BatchHeader(batch);
        error = header.Codec == CompressionCodec.None
            ? RecordWalk.Check(header, batch[BatchHeader.Size..], limits, out var maxTimestamp, out problem)
            : CheckPacked(header, batch[BatchHeader.Size..], limits, out maxTimestamp, out problem);
        if (error == ErrorCode.None && header.MaxTimestamp != maxTimestamp) BatchHeader.CorrectMaxTimestamp(batch, maxTimestamp);
        return error;
    }

    private ErrorCode CheckPacked(
        in BatchHeader header, ReadOnlySpan<byte> packed, in BatchLimits limits, out long maxTimestamp, out string? problem)
    {
        maxTimestamp = -1;
        var outcome = Unpacking.Unpack(header.Codec, packed, maxUnpackedBytes, out var block, out var length);
        if (outcome == UnpackOutcome.Done)
        {
            using (block) return RecordWalk.Check(header, block!.Bytes.AsSpan(0, length), limits, out maxTimestamp, out problem);
        }

        (var error, problem) = outcome switch
        {
            UnpackOutcome.TooLarge => (ErrorCode.MessageTooLarge, _tooLarge),
            UnpackOutcome.Unsupported => (ErrorCode.UnsupportedCompressionType, "this node has no libzstd to check the batch's records with"),
            _ => (ErrorCode.InvalidRecord, "the batch's records cannot be unpacked"),
        };
        return error;
    }
}
