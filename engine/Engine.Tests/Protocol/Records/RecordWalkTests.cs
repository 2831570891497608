using System.Buffers.Binary;
using Engine.Core;
using Engine.Protocol.Records;

namespace Engine.Tests.Protocol.Records;

public sealed class RecordWalkTests
{
    private const long Now = 1_700_000_000_000;
    private static readonly BatchLimits NoLimits = BatchLimits.OfSize(int.MaxValue);

    [Fact]
    public void Check_WhatTheBuilderMakes_IsSoundWithItsLargestTimestamp()
    {
        var batch = Build((Now + 5, "k"), (Now + 9, null), (Now - 3, "k"));

        Assert.Equal((ErrorCode.None, Now + 9), Walk(batch, NoLimits));
    }

    [Theory]
    [InlineData(1, "0C00000001000000")] // a byte behind the last record
    [InlineData(2, "0C000000010000")] // fewer records than counted
    [InlineData(1, "0C000000010000" + "0C000002010000")] // more records than counted
    [InlineData(2, "0C000000010000" + "0C000000010000")] // two records with one offset
    [InlineData(2, "0C000002010000" + "0C000000010000")] // offsets that go back
    [InlineData(2, "0C000000010000" + "0C000004010000")] // an offset left out
    [InlineData(1, "0A000000010000")] // a length shorter than its fields
    [InlineData(1, "0E00000001000000")] // a length longer than its fields
    [InlineData(1, "00")] // a record of no bytes
    [InlineData(1, "0D000000010000")] // a negative length
    [InlineData(1, "FEFFFFFF0F000000010000")] // a length of 2^31 - 1
    [InlineData(1, "0C000000010400")] // a value that runs out of the record
    [InlineData(1, "0C000000030000")] // a key of length -2
    [InlineData(1, "0C000000010001")] // -1 headers
    [InlineData(1, "1000000001000201FFFF00")] // a header whose key is null
    [InlineData(1, "FFFFFFFFFFFFFFFFFF7F")] // a varint of more than 64 bits
    [InlineData(1, "")]
    public void Check_RecordsThatLie_AreInvalid(int count, string records) =>
        Assert.Equal(ErrorCode.InvalidRecord, Walk(BatchOf(count, Convert.FromHexString(records)), NoLimits).Error);

    [Fact]
    public void Check_RecordsBehindTheirCount_IsSound() =>
        Assert.Equal((ErrorCode.None, Now), Walk(BatchOf(2, Convert.FromHexString("0C000000010000" + "0C000002010000")), NoLimits));

    [Fact]
    public void Check_CompactedTopic_NeedsEveryKey()
    {
        var limits = NoLimits with { NeedsKeys = true };
        Assert.Equal(ErrorCode.None, Walk(Build((Now, "a"), (Now, "")), limits).Error);
        Assert.Equal(ErrorCode.InvalidRecord, Walk(Build((Now, "a"), (Now, null)), limits).Error);
    }

    [Fact]
    public void Check_TimestampOutsideTheLimits_IsNamedSo()
    {
        var limits = BatchLimits.At(Now, int.MaxValue, beforeMaxMs: 1000, afterMaxMs: 50, needsKeys: false);
        Assert.Equal(ErrorCode.None, Walk(Build((Now - 1000, "a"), (Now + 50, "b"), (-1, "no timestamp")), limits).Error);
        Assert.Equal(ErrorCode.InvalidTimestamp, Walk(Build((Now, "a"), (Now + 51, "b")), limits).Error);
        Assert.Equal(ErrorCode.InvalidTimestamp, Walk(Build((Now, "a"), (Now - 1001, "b")), limits).Error);
    }

    /// <summary>Its slow twin is the reader that consumers use: what one takes the other can read, and the other way round.</summary>
    [Fact]
    public void Check_ChangedBytes_AgreesWithTheReader()
    {
        var random = new Random(3);
        var sound = Build([.. Enumerable.Range(0, 8).Select(i => (Now + i, i % 3 == 0 ? null : $"key {i}"))]);
        var (taken, refused) = (0, 0);
        for (var round = 0; round < 20_000; round++)
        {
            var batch = (byte[])sound.Clone();
            batch[random.Next(BatchHeader.Size, batch.Length)] = (byte)random.Next(256);

            var isTaken = Walk(batch, NoLimits).Error == ErrorCode.None;
            if (isTaken) taken++;
            else refused++;
            Assert.Equal(isTaken, CanBeRead(batch));
        }

        Assert.True(taken > 100 && refused > 100, $"{taken} taken, {refused} refused: nothing was compared");
    }

    [Fact]
    public void Check_AllocatesNothing()
    {
        var batch = Build((Now, "k"), (Now, null));
        Allocations.AssertNone(() => RecordWalk.Check(new BatchHeader(batch), batch.AsSpan(BatchHeader.Size), NoLimits, out _, out _));
    }

    private static bool CanBeRead(byte[] batch)
    {
        try
        {
            var next = 0L;
            foreach (var record in new RecordReader(batch))
                if (record.Offset != next++) return false;
            return true;
        }
        catch (Engine.Protocol.Wire.WireException)
        {
            return false;
        }
    }

    private static (ErrorCode Error, long MaxTimestamp) Walk(byte[] batch, BatchLimits limits)
    {
        var error = RecordWalk.Check(new BatchHeader(batch), batch.AsSpan(BatchHeader.Size), limits, out var maxTimestamp, out var problem);
        Assert.Equal(error == ErrorCode.None, problem is null);
        return (error, maxTimestamp);
    }

    private static byte[] Build(params (long Timestamp, string? Key)[] records)
    {
        var buffer = new byte[1000];
        var builder = new BatchBuilder();
        builder.Begin(buffer, 0, buffer.Length, Now);
        foreach (var (timestamp, key) in records)
            Assert.True(key is null ? builder.TryAppend(timestamp, "value"u8) : builder.TryAppend(timestamp, System.Text.Encoding.UTF8.GetBytes(key), "value"u8));
        return buffer[..builder.Finish()];
    }

    private static byte[] BatchOf(int count, byte[] records)
    {
        var batch = new byte[BatchHeader.Size + records.Length];
        records.CopyTo(batch, BatchHeader.Size);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(8), batch.Length - BatchHeader.LengthOverhead);
        BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(27), Now);
        BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), count);
        return batch;
    }
}
