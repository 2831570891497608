using System.Text;
using Engine.Core;
using Engine.Protocol.Records;

namespace Engine.Tests.Protocol.Records;

public sealed class BatchBuilderTests
{
    private const long Now = 1_700_000_000_000;

    [Fact]
    public void Finish_OneRecordWithAKey_HasTheGuidesBytes()
    {
        var buffer = new byte[100];
        var builder = new BatchBuilder();
        builder.Begin(buffer, offset: 3, limitBytes: 90, Now, producerId: 5, producerEpoch: 1, baseSequence: 7);
        Assert.True(builder.TryAppend(Now + 1, "k"u8, "va"u8));
        var size = builder.Finish();

        const string record = "12" + "00" + "02" + "00" + "02" + "6B" + "04" + "7661" + "00";
        Assert.Equal(
            "0000000000000000" + "0000003B" + "FFFFFFFF" + "02" + "--------" + "0000" + "00000000" +
            "0000018BCFE56800" + "0000018BCFE56801" +
            "0000000000000005" + "0001" + "00000007" + "00000001" + record,
            Convert.ToHexString(buffer.AsSpan(3, size)).Remove(34, 8).Insert(34, "--------"));
        Assert.Equal(ErrorCode.None, BatchCheck.ForProduce(buffer.AsSpan(3, size), 1000, out var problem));
        Assert.Null(problem);
        Assert.All(buffer[..3].Concat(buffer[(3 + size)..]), value => Assert.Equal(0, value));
    }

    [Fact]
    public void TryAppend_ManyShapes_ReadsBackTheSame()
    {
        var random = new Random(7);
        var buffer = new byte[1 << 20];
        var builder = new BatchBuilder();
        for (var round = 0; round < 50; round++)
        {
            var expected = new List<(long Timestamp, byte[]? Key, byte[] Value)>();
            builder.Begin(buffer, offset: round, limitBytes: random.Next(100, 200_000), Now);
            while (true)
            {
                var timestamp = Now + random.NextInt64(-1L << random.Next(1, 50), 1L << random.Next(1, 50));
                var key = random.Next(3) == 0 ? null : Bytes(random, random.Next(0, 1 << random.Next(0, 9)));
                var value = Bytes(random, random.Next(0, 1 << random.Next(0, 16)));
                if (!(key is null ? builder.TryAppend(timestamp, value) : builder.TryAppend(timestamp, key, value))) break;
                expected.Add((timestamp, key, value));
            }

            Assert.Equal(expected.Count, builder.Count);
            if (expected.Count == 0) continue;

            var batch = buffer.AsSpan(round, builder.Finish());
            Assert.Equal(ErrorCode.None, BatchCheck.ForProduce(batch, int.MaxValue, out _));
            Assert.Equal(expected.Max(record => record.Timestamp), new BatchHeader(batch).MaxTimestamp);
            BatchHeader.Assign(batch, baseOffset: 1000, leaderEpoch: 2);
            var i = 0;
            foreach (var record in new RecordReader(batch))
            {
                Assert.Equal(1000 + i, record.Offset);
                Assert.Equal(expected[i].Timestamp, record.TimestampMs);
                Assert.Equal(expected[i].Key is null, record.KeyIsNull);
                Assert.True(record.Key.SequenceEqual(expected[i].Key));
                Assert.False(record.ValueIsNull);
                Assert.True(record.Value.SequenceEqual(expected[i].Value));
                Assert.Equal(1, record.Headers.Length);
                i++;
            }

            Assert.Equal(expected.Count, i);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(55)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(8191)]
    public void TryAppend_ExactlyFilling_FitsAndOneByteLessDoesNot(int valueLength)
    {
        var buffer = new byte[10_000];
        var value = new byte[valueLength];
        var builder = new BatchBuilder();
        builder.Begin(buffer, 0, buffer.Length, Now);
        Assert.True(builder.TryAppend(Now, value));
        var exact = builder.SizeBytes;

        builder.Begin(buffer, 0, exact, Now);
        Assert.True(builder.TryAppend(Now, value));
        Assert.False(builder.TryAppend(Now, []));
        Assert.Equal((1, exact), (builder.Count, builder.SizeBytes));

        builder.Begin(buffer, 0, exact - 1, Now);
        Assert.False(builder.TryAppend(Now, value));
        Assert.Equal((0, 0), (builder.Count, builder.Finish()));
    }

    [Fact]
    public void Begin_LimitBeyondTheBuffer_IsRefused()
    {
        var builder = new BatchBuilder();
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Begin(new byte[100], 40, 61, Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Begin(new byte[100], 0, 60, Now));
        Assert.Throws<ArgumentOutOfRangeException>(() => builder.Begin(new byte[100], -1, 61, Now));
    }

    [Fact]
    public void Build_AndRead_AllocateNothing()
    {
        var buffer = new byte[20_000];
        var value = Encoding.ASCII.GetBytes(new string('v', 100));
        var builder = new BatchBuilder();
        var valueBytesRead = 0;
        Allocations.AssertNone(() =>
        {
            builder.Begin(buffer, 0, buffer.Length, Now);
            while (builder.TryAppend(Now, value, value))
            {
            }

            valueBytesRead = 0;
            foreach (var batch in new BatchReader(buffer.AsSpan(0, builder.Finish())))
                foreach (var record in new RecordReader(batch)) valueBytesRead += record.Value.Length;
        });
        Assert.Equal(builder.Count * 100, valueBytesRead);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
