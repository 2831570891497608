using System.Buffers.Binary;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Broker.Checks;

/// <summary>Batches that say of themselves what is not so, each made from a sound one of three records.</summary>
internal static class LyingBatches
{
    public const string WrongCrc = "a wrong CRC";

    /// <summary>What a look at the header cannot find out, so that it must do no harm.</summary>
    public static readonly string[] Plausible =
    [
        "garbage for records", "fewer records than counted", "nothing but a count", "zstd that counts a thousand million records",
        "all timestamps 0", "a largest timestamp of 0", "no largest timestamp", "a negative largest timestamp",
        "the largest timestamp 59 minutes ahead", "the smallest base timestamp", "the largest base timestamp",
        "an unheard-of producer", "another leader's epoch", "no leader's epoch",
    ];

    /// <summary>What the header alone gives away.</summary>
    public static readonly string[] Implausible =
    [
        "more records than fit", "2^31 - 1 records", "lz4 that cannot hold its records", "a timestamp in the year 292 million",
        "a timestamp two hours ahead", "the broker's time of appending", "a transaction", "a delete horizon", "attribute bit 7", "attribute bit 15",
    ];

    public static byte[] Make(string lie, long nowMs)
    {
        var sound = new RecordBatch("one", "two", "three") { TimestampMs = nowMs }.ToBytes();
        if (lie == WrongCrc)
        {
            sound[BatchHeader.CrcOffset] ^= 1;
            return sound;
        }

        return lie switch
        {
            "garbage for records" => Changed(batch => new Random(9).NextBytes(batch.AsSpan(BatchHeader.Size))),
            "fewer records than counted" => Changed(batch => Count(batch, 4)),
            "nothing but a count" => RecordBatch.Altered([.. sound, .. new byte[7000]], batch =>
            {
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
                Count(batch, 1000);
            }),
            "zstd that counts a thousand million records" => RecordBatch.Altered([.. sound, .. new byte[300_000]], batch =>
            {
                BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
                Attribute(batch, (int)CompressionCodec.Zstd);
                Count(batch, 1_000_000_000);
            }),
            "all timestamps 0" => new RecordBatch("one", "two", "three") { TimestampMs = 0 }.ToBytes(),
            "a largest timestamp of 0" => Changed(batch => MaxTimestamp(batch, 0)),
            "no largest timestamp" => Changed(batch => MaxTimestamp(batch, -1)),
            "a negative largest timestamp" => Changed(batch => MaxTimestamp(batch, long.MinValue)),
            "the largest timestamp 59 minutes ahead" => Changed(batch => MaxTimestamp(batch, nowMs + (59 * 60_000))),
            "the smallest base timestamp" => Changed(batch => BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), long.MinValue)),
            "the largest base timestamp" => Changed(batch => BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), long.MaxValue)),
            "an unheard-of producer" =>
                new RecordBatch("one", "two", "three") { TimestampMs = nowMs, ProducerId = long.MaxValue, ProducerEpoch = short.MaxValue, BaseSequence = int.MaxValue }.ToBytes(),
            "another leader's epoch" => Changed(batch => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(12), int.MaxValue)),
            "no leader's epoch" => Changed(batch => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(12), int.MinValue)),

            "more records than fit" => Changed(batch => Count(batch, 1000)),
            "2^31 - 1 records" => Changed(batch => Count(batch, int.MaxValue)),
            "lz4 that cannot hold its records" => Changed(batch =>
            {
                Attribute(batch, (int)CompressionCodec.Lz4);
                Count(batch, 1_000_000);
            }),
            "a timestamp in the year 292 million" => Changed(batch => MaxTimestamp(batch, long.MaxValue)),
            "a timestamp two hours ahead" => new RecordBatch("one") { TimestampMs = nowMs + (120 * 60_000) }.ToBytes(),
            "the broker's time of appending" => Changed(batch => Attribute(batch, 0x08)),
            "a transaction" => Changed(batch => Attribute(batch, 0x10)),
            "a delete horizon" => Changed(batch => Attribute(batch, 0x40)),
            "attribute bit 7" => Changed(batch => Attribute(batch, 0x80)),
            "attribute bit 15" => Changed(batch => Attribute(batch, 0x8000)),
            _ => throw new ArgumentOutOfRangeException(nameof(lie), lie, "no such lie"),
        };

        byte[] Changed(Action<byte[]> change) => RecordBatch.Altered(sound, change);
    }

    private static void Count(byte[] batch, int records)
    {
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), records);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), records - 1);
    }

    private static void MaxTimestamp(byte[] batch, long timestamp) => BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), timestamp);

    private static void Attribute(byte[] batch, int bits) => BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(21), (short)bits);
}
