using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Engine.Tests.Storage;

/// <summary>Record batches as a leader stores them, written field by field and independently of the engine's own writer.</summary>
internal static class Batches
{
    private static readonly byte[] Noise = MakeNoise(4 << 20);

    /// <summary>A sound batch of <paramref name="records"/> records, each with its own timestamp and a value that tells its offset.</summary>
    public static byte[] Make(long baseOffset, int records = 1, int valueBytes = 20, long timestamp = 1000, long step = 1, int epoch = 0)
    {
        var body = new MemoryStream();
        for (var i = 0; i < records; i++) Record(body, i, i * step, null, Noise.AsSpan((int)((baseOffset + i) * 31 % 1000), valueBytes).ToArray());
        return Seal(baseOffset, records, body.ToArray(), timestamp, timestamp + Math.Max(0, (records - 1) * step), epoch);
    }

    /// <summary>A sound batch of records with keys; a value of null deletes its key. All have the same timestamp.</summary>
    public static byte[] Keyed(long baseOffset, long timestamp, params (string? Key, string? Value)[] records) =>
        Keyed(baseOffset, timestamp, producerId: -1, sequence: -1, records);

    public static byte[] Keyed(long baseOffset, long timestamp, long producerId, int sequence, params (string? Key, string? Value)[] records)
    {
        var body = new MemoryStream();
        for (var i = 0; i < records.Length; i++) Record(body, i, 0, Utf8(records[i].Key), Utf8(records[i].Value));
        return Seal(baseOffset, records.Length, body.ToArray(), timestamp, timestamp, epoch: 0, producerId, sequence);

        static byte[]? Utf8(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
    }

    /// <summary>The same batch with its records packed by gzip.</summary>
    public static byte[] Packed(byte[] batch)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(batch.AsSpan(BatchHeader.Size));
        byte[] bytes = [.. batch[..BatchHeader.Size], .. packed.ToArray()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - 12);
        bytes[22] = (byte)CompressionCodec.Gzip;
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(17), Crc32C.Compute(bytes.AsSpan(21)));
        return bytes;
    }

    /// <summary>Batches one after the other from <paramref name="baseOffset"/> on, of varying sizes.</summary>
    public static List<byte[]> Series(long baseOffset, int count, int seed = 1, int maxValueBytes = 400)
    {
        var random = new Random(seed);
        var batches = new List<byte[]>();
        for (var i = 0; i < count; i++)
        {
            var batch = Make(baseOffset, random.Next(1, 6), random.Next(1, maxValueBytes), 1000 + (i * 10));
            batches.Add(batch);
            baseOffset = new BatchHeader(batch).NextOffset;
        }

        return batches;
    }

    private static void Record(Stream body, int offsetDelta, long timestampDelta, byte[]? key, byte[]? value)
    {
        var record = new MemoryStream();
        record.WriteByte(0);
        Varint(record, timestampDelta);
        Varint(record, offsetDelta);
        Bytes(record, key);
        Bytes(record, value);
        Varint(record, 0);
        Varint(body, record.Length);
        record.WriteTo(body);

        static void Bytes(Stream to, byte[]? bytes)
        {
            Varint(to, bytes?.Length ?? -1);
            to.Write(bytes ?? []);
        }
    }

    private static byte[] Seal(
        long baseOffset, int records, byte[] body, long timestamp, long maxTimestamp, int epoch, long producerId = -1, int sequence = -1)
    {
        var batch = new byte[BatchHeader.Size + body.Length];
        body.CopyTo(batch, BatchHeader.Size);
        BinaryPrimitives.WriteInt64BigEndian(batch, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - 12);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(12), epoch);
        batch[16] = 2;
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), records - 1);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), timestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), maxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(43), producerId);
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(51), (short)(producerId < 0 ? -1 : 0));
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(53), sequence);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), records);
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(21)));
        return batch;
    }

    private static byte[] MakeNoise(int bytes)
    {
        var noise = new byte[bytes];
        new Random(7).NextBytes(noise);
        return noise;
    }

    private static void Varint(Stream to, long value)
    {
        var zigzag = (ulong)((value << 1) ^ (value >> 63));
        while (zigzag >= 0x80)
        {
            to.WriteByte((byte)(zigzag | 0x80));
            zigzag >>= 7;
        }

        to.WriteByte((byte)zigzag);
    }
}
