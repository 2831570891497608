using System.Text;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

public sealed class ProduceTests
{
    private static readonly byte[] Records = [.. Enumerable.Range(0, 300).Select(i => (byte)i)];

    public static TheoryData<short> Versions => [.. Enumerable.Range(3, 9).Select(version => (short)version)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void WriteHead_RecordsAndTailAppended_IsAWholeFrame(short version)
    {
        var frame = OnePartitionFrame(version);

        var reader = new WireReader(frame);
        Assert.Equal(frame.Length - Frame.PrefixBytes, reader.ReadInt32());
        var header = RequestHeader.Read(ref reader);
        Assert.Equal(new RequestHeader(ApiKey.Produce, version, 77), header);
        reader.Flexible = ApiTable.IsFlexible(header.Api, header.Version);
        RequestHeader.ReadEnd(ref reader);

        var request = new ProduceRequest();
        request.Read(ref reader, version);

        Assert.Equal(0, reader.Remaining);
        Assert.Null(request.TransactionalId);
        Assert.Equal((-1, 1500), (request.Acks, request.TimeoutMs));
        var partition = Assert.Single(request.Partitions.ToArray());
        Assert.Equal((0, 5), (partition.TopicIndex, partition.Partition));
        Assert.Equal("events", Encoding.UTF8.GetString(frame.AsSpan(partition.TopicStart, partition.TopicLength)));
        Assert.Equal(Records, frame.AsSpan(partition.RecordsStart, partition.RecordsLength));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Read_SeveralTopicsAndNullRecords_KeepsOrderAndPlaces(short version)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ProduceRequest.WriteStart(ref writer, version, "tx", acks: 1, timeoutMs: 9, topicCount: 3);
        ProduceRequest.WriteTopic(ref writer, "a"u8, partitionCount: 2);
        ProduceRequest.WritePartition(ref writer, 0, 3);
        writer.WriteRaw([1, 2, 3]);
        writer.EndStruct();
        ProduceRequest.WritePartition(ref writer, 4, -1);
        writer.EndStruct();
        writer.EndStruct();
        ProduceRequest.WriteTopic(ref writer, "none"u8, partitionCount: 0);
        writer.EndStruct();
        ProduceRequest.WriteTopic(ref writer, "bb"u8, partitionCount: 1);
        ProduceRequest.WritePartition(ref writer, 7, 0);
        writer.EndStruct();
        writer.EndStruct();
        writer.EndStruct();

        var request = new ProduceRequest();
        var reader = new WireReader(buffer.Written);
        request.Read(ref reader, version);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal("tx", request.TransactionalId);
        Assert.Equal(
            [(0, 0, 3), (0, 4, -1), (2, 7, 0)],
            request.Partitions.ToArray().Select(p => (p.TopicIndex, p.Partition, p.RecordsLength)));
        Assert.Equal([1, 2, 3], buffer.Written.Slice(request.Partitions[0].RecordsStart, 3).ToArray());
        var last = request.Partitions[2];
        Assert.Equal("bb"u8.ToArray(), buffer.Written.Slice(last.TopicStart, last.TopicLength).ToArray());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Response_WrittenAndRead_IsTheSame(short version)
    {
        var answer = new ProduceResponse();
        Fill(answer);
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        answer.Write(ref writer, version);

        var read = new ProduceResponse();
        var reader = new WireReader(buffer.Written);
        read.Read(ref reader, version);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal(3, read.Partitions.Length);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(answer.Topic(answer.Partitions[i]).ToArray(), read.Topic(read.Partitions[i]).ToArray());
            // Read back, topics are counted as they stand: the request's empty one in between has no answer.
            var expected = answer.Partitions[i] with { TopicIndex = i < 2 ? 0 : 1 };
            if (version < 5) expected = expected with { LogStartOffset = -1 };
            if (version < 8) expected = expected with { ErrorMessage = null };
            Assert.Equal(expected, read.Partitions[i]);
        }
    }

    [Fact]
    public void Response_Version9_HasTheGuidesBytes()
    {
        var answer = new ProduceResponse();
        answer.Add("t"u8, 0, partition: 1, ErrorCode.None, baseOffset: 2, logAppendTimeMs: -1, logStartOffset: 0);
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        answer.Write(ref writer, 9);

        Assert.Equal(
            "02" + "0274" + "02" + "00000001" + "0000" + "0000000000000002" + "FFFFFFFFFFFFFFFF" + "0000000000000000" +
            "01" /* no record errors */ + "00" /* null message */ + "00" + "00" + "00000000" + "00",
            Convert.ToHexString(buffer.Written));
    }

    [Fact]
    public void Request_ReadAgain_AllocatesNothing()
    {
        var frame = OnePartitionFrame(9);
        var request = new ProduceRequest();
        var answer = new ProduceResponse();
        var buffer = new WireBuffer();

        void Once()
        {
            var reader = new WireReader(frame);
            reader.Skip(Frame.PrefixBytes);
            var header = RequestHeader.Read(ref reader);
            reader.Flexible = true;
            RequestHeader.ReadEnd(ref reader);
            request.Read(ref reader, header.Version);
            buffer.Clear();
            answer.Clear();
            Fill(answer);
            var writer = new WireWriter(buffer);
            answer.Write(ref writer, 7);
            var back = new WireReader(buffer.Written);
            answer.Read(ref back, 7);
        }

        Allocations.AssertNone(Once);
    }

    internal static byte[] OnePartitionFrame(short version)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ProduceRequest.WriteHead(
            ref writer, version, correlationId: 77, "test", acks: -1, timeoutMs: 1500, "events"u8, partition: 5, Records.Length);
        return [.. buffer.Written, .. Records, .. ProduceRequest.Tail(version)];
    }

    private static void Fill(ProduceResponse answer)
    {
        answer.Add("events"u8, 0, partition: 5, ErrorCode.None, baseOffset: 1000, logAppendTimeMs: -1, logStartOffset: 10);
        answer.Add(
            "events"u8, 0, partition: 6, ErrorCode.CorruptMessage,
            baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, "bad CRC");
        answer.Add("other"u8, 2, partition: 0, ErrorCode.None, baseOffset: 0, logAppendTimeMs: 123, logStartOffset: 0);
    }
}
