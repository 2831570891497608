using System.Buffers.Binary;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Records;

public sealed class RecordReaderTests
{
    private const long Now = 1_700_000_000_000;

    [Fact]
    public void MoveNext_HeadersAndNulls_AreTold()
    {
        // length 16, attributes, timestamp delta -1, offset delta 0, null key, null value, 2 headers: "a" = "b", "c" = null
        var batch = BatchOf(1, "1A" + "00" + "01" + "00" + "01" + "01" + "04" + "0261" + "0262" + "0263" + "01");

        var records = new RecordReader(batch);
        Assert.True(records.MoveNext());
        var record = records.Current;
        Assert.Equal(Now - 1, record.TimestampMs);
        Assert.True(record.KeyIsNull && record.ValueIsNull);
        Assert.Equal("0402610262026301", Convert.ToHexString(record.Headers));
        Assert.False(records.MoveNext());
    }

    [Fact]
    public void MoveNext_StampedByTheBroker_HasTheBatchesMaxTimestamp()
    {
        var batch = BatchOf(1, "0C" + "00" + "08" + "00" + "01" + "00" + "00");
        BinaryPrimitives.WriteInt16BigEndian(batch.AsSpan(21), 0x8);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), Now + 99);

        var records = new RecordReader(batch);
        Assert.True(records.MoveNext());
        Assert.Equal(Now + 99, records.Current.TimestampMs);
    }

    [Theory]
    [InlineData(1, "0C00080001000000")] // a byte behind the last record
    [InlineData(2, "0C000800010000")] // fewer records than the header says
    [InlineData(1, "0A000800010000")] // a length shorter than its fields
    [InlineData(1, "0E00080001000000")] // a length longer than its fields
    [InlineData(1, "0D000800010000")] // a negative length
    [InlineData(1, "0C000800010400")] // a value that runs out of the batch
    [InlineData(1, "0C000800030000")] // a key of length -2
    [InlineData(1, "0C000800010001")] // -1 headers
    [InlineData(1, "1400080001000201FFFF00")] // a header whose key is null
    [InlineData(1, "FFFFFFFFFF0F")] // a varint of more than 32 bits
    public void MoveNext_BrokenRecord_IsRefused(int count, string records) =>
        Assert.Throws<WireException>(() => Walk(BatchOf(count, records)));

    [Fact]
    public void MoveNext_MutatedBatches_EndInAWireExceptionAtWorst()
    {
        var buffer = new byte[4000];
        var builder = new BatchBuilder();
        builder.Begin(buffer, 0, buffer.Length, Now);
        while (builder.TryAppend(Now, "key"u8, "some value"u8))
        {
        }

        var whole = buffer.AsSpan(0, builder.Finish()).ToArray();
        var random = new Random(3);
        var refused = 0;
        for (var round = 0; round < 3000; round++)
        {
            var batch = (byte[])whole.Clone();
            for (var flips = random.Next(1, 4); flips > 0; flips--)
                batch[random.Next(batch.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                foreach (var one in new BatchReader(batch)) Walk(one);
            }
            catch (WireException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 300, 2999);
    }

    [Fact]
    public void BatchReader_BatchesAndAPartialOne_GivesTheWholeOnes()
    {
        var one = BatchOf(1, "0C000800010000");
        var two = BatchOf(2, "0C000800010000" + "0C000802010000");
        byte[] records = [.. one, .. two, .. one.AsSpan(0, one.Length - 1)];

        var sizes = new List<int>();
        foreach (var batch in new BatchReader(records)) sizes.Add(Walk(batch));

        Assert.Equal([1, 2], sizes);
        Assert.Throws<WireException>(() =>
        {
            var broken = (byte[])one.Clone();
            BinaryPrimitives.WriteInt32BigEndian(broken.AsSpan(8), -1);
            new BatchReader(broken).MoveNext();
        });
    }

    [Fact]
    public void RecordReader_CompressedOrCutBatch_IsRefused()
    {
        var compressed = BatchOf(1, "0C000800010000");
        BinaryPrimitives.WriteInt16BigEndian(compressed.AsSpan(21), 1);
        Assert.Throws<WireException>(() => Walk(compressed));
        Assert.Throws<WireException>(() => Walk(BatchOf(1, "0C000800010000").AsSpan(1)));
        Assert.Throws<WireException>(() => Walk(new byte[60]));
    }

    private static int Walk(ReadOnlySpan<byte> batch)
    {
        var count = 0;
        foreach (var record in new RecordReader(batch)) count += record.Offset >= long.MinValue ? 1 : 0;
        return count;
    }

    private static byte[] BatchOf(int count, string recordsHex)
    {
        byte[] batch = [.. new byte[BatchHeader.Size], .. Convert.FromHexString(recordsHex)];
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
        batch[16] = 2;
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), count - 1);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), Now);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), count);
        return batch;
    }
}
