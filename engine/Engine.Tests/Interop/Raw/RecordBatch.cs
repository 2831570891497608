using System.Buffers.Binary;
using System.Text;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Engine.Tests.Interop.Raw;

/// <summary>A record batch to be sent, written field by field as Kafka's message format v2 lists them.</summary>
internal sealed record RecordBatch(params string[] Values)
{
    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public long TimestampMs { get; init; } = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    public static byte[] Of(params string[] values) => new RecordBatch(values).ToBytes();

    /// <summary>Changes a batch and makes its CRC right again, so that only the change is wrong with it.</summary>
    public static byte[] Altered(byte[] batch, Action<byte[]> change)
    {
        var altered = (byte[])batch.Clone();
        change(altered);
        Seal(altered);
        return altered;
    }

    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        Int64(0); // base offset: the leader's to give
        Int32(0); // length: patched below
        Int32(-1); // leader epoch
        bytes.Add(2); // magic
        Int32(0); // CRC: patched below
        Int16(0); // attributes
        Int32(Values.Length - 1);
        Int64(TimestampMs);
        Int64(TimestampMs);
        Int64(ProducerId);
        Int16(ProducerEpoch);
        Int32(BaseSequence);
        Int32(Values.Length);
        for (var i = 0; i < Values.Length; i++)
        {
            var record = Record(i, Encoding.UTF8.GetBytes(Values[i]));
            bytes.AddRange(ZigZag(record.Count));
            bytes.AddRange(record);
        }

        var batch = bytes.ToArray();
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
        Seal(batch);
        return batch;

        void Int16(short value) => bytes.AddRange([(byte)(value >> 8), (byte)value]);
        void Int32(int value)
        {
            Int16((short)(value >> 16));
            Int16((short)value);
        }

        void Int64(long value)
        {
            Int32((int)(value >> 32));
            Int32((int)value);
        }
    }

    private static void Seal(byte[] batch) =>
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(BatchHeader.CrcOffset), Crc32C.Compute(batch.AsSpan(BatchHeader.ChecksummedFrom)));

    private static List<byte> Record(int offsetDelta, byte[] value) =>
    [
        0, // attributes
        .. ZigZag(0), // timestamp delta
        .. ZigZag(offsetDelta),
        .. ZigZag(-1), // no key
        .. ZigZag(value.Length),
        .. value,
        .. ZigZag(0), // no headers
    ];

    private static List<byte> ZigZag(int number)
    {
        var bytes = new List<byte>();
        var rest = (uint)((number << 1) ^ (number >> 31));
        for (; rest >= 0x80; rest >>= 7) bytes.Add((byte)(rest | 0x80));
        bytes.Add((byte)rest);
        return bytes;
    }
}
