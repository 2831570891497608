using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

public sealed class FetchTests
{
    private static readonly byte[] TopicA = [.. Enumerable.Repeat((byte)'a', 16)];
    private static readonly byte[] TopicB = [.. Enumerable.Repeat((byte)'b', 16)];

    public static TheoryData<short> Versions => [.. Enumerable.Range(4, 13).Select(version => (short)version)];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Request_WrittenAndRead_IsTheSame(short version)
    {
        var asked = Request();
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        asked.Write(ref writer, version);

        var read = new FetchRequest();
        var reader = new WireReader(buffer.Written);
        read.Read(ref reader, version);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal(
            (2, 500, 1, 1 << 20, 1), (read.ReplicaId, read.MaxWaitMs, read.MinBytes, read.MaxBytes, read.IsolationLevel));
        Assert.Equal((0, -1), (read.SessionId, read.SessionEpoch));
        Assert.Equal([(0, 2), (2, 1)], read.Topics.ToArray().Select(topic => (topic.FirstPartition, topic.PartitionCount)));
        for (var i = 0; i < 3; i++)
        {
            var (expected, partition) = (asked.Partitions[i], read.Partitions[i]);
            Assert.Equal(i < 2 ? TopicA : TopicB, buffer.Written.Slice(partition.TopicStart, partition.TopicLength).ToArray());
            Assert.Equal(
                expected with
                {
                    TopicStart = partition.TopicStart,
                    CurrentLeaderEpoch = version >= 9 ? expected.CurrentLeaderEpoch : -1,
                    LastFetchedEpoch = version >= 12 ? expected.LastFetchedEpoch : -1,
                    LogStartOffset = version >= 5 ? expected.LogStartOffset : -1,
                },
                partition);
        }
    }

    [Theory]
    [InlineData(11, -1)]
    [InlineData(12, 1L << 33)]
    [InlineData(15, 1L << 33)]
    public void Request_OfAFollower_SaysInWhichRunItAsks_WhereThereAreTags(short version, long expected)
    {
        var asked = Request();
        asked.ReplicaEpoch = 1L << 33;
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        asked.Write(ref writer, version);

        var read = new FetchRequest { ReplicaEpoch = 5 };
        var reader = new WireReader(buffer.Written);
        read.Read(ref reader, version);
        Assert.Equal((0, 2, expected), (reader.Remaining, read.ReplicaId, read.ReplicaEpoch));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Response_RecordsSplicedIntoTheGaps_ReadsBack(short version)
    {
        var frame = ResponseFrame(version, out _);

        var reader = new WireReader(frame);
        Assert.Equal(frame.Length - Frame.PrefixBytes, reader.ReadInt32());
        Assert.Equal(42, ResponseHeader.Read(ref reader, ApiKey.Fetch, version));
        var response = new FetchResponse();
        response.Read(ref reader, version);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal((ErrorCode.None, 0, 3), (response.Error, response.SessionId, response.ThrottleTimeMs));
        Assert.Equal(2, response.Topics.Length);
        var first = response.Partitions[0];
        Assert.Equal(TopicA, frame.AsSpan(first.TopicStart, first.TopicLength));
        Assert.Equal((0, 1, ErrorCode.None, 100, 90, version >= 5 ? 7 : -1),
            (first.TopicIndex, first.Partition, first.Error, first.HighWatermark, first.LastStableOffset, first.LogStartOffset));
        Assert.Equal(Enumerable.Repeat((byte)0xaa, 200), frame[first.RecordsStart..(first.RecordsStart + first.RecordsLength)]);
        Assert.Null(first.Diverging);
        var diverged = response.Partitions[1];
        Assert.Equal((0, 2, 0), (diverged.TopicIndex, diverged.Partition, diverged.RecordsLength));
        Assert.Equal(version >= 12 ? new EpochEnd(4, 55) : null, diverged.Diverging);
        var failed = response.Partitions[2];
        Assert.Equal((1, 0, ErrorCode.OffsetOutOfRange), (failed.TopicIndex, failed.Partition, failed.Error));
    }

    [Fact]
    public void ResponseWriter_Version12Diverging_HasTheSchemasBytes()
    {
        var buffer = new WireBuffer();
        var writer = new FetchResponseWriter(buffer, 12);
        writer.Begin(correlationId: 9, topicCount: 1);
        writer.BeginTopic("t"u8, 1);
        writer.BeginPartition(1, ErrorCode.None, highWatermark: 2, lastStableOffset: 2, logStartOffset: 0, recordsLength: 0);
        writer.EndPartition(new EpochEnd(3, 4));
        writer.EndTopic();
        writer.End();

        const string body = "00000009" + "00" + "00000000" + "0000" + "00000000" + "02" + "0274" + "02" +
            "00000001" + "0000" + "0000000000000002" + "0000000000000002" + "0000000000000000" +
            "00" /* no aborted transactions */ + "FFFFFFFF" + "01" /* no records */ +
            "01" + "00" + "0D" + "00000003" + "0000000000000004" + "00" /* tagged: diverging epoch */ + "00" + "00";
        Assert.Equal((body.Length / 2).ToString("X8") + body, Convert.ToHexString(buffer.Written));
    }

    [Fact]
    public void Request_ForgottenTopicsAndRack_AreSkipped()
    {
        var body = Convert.FromHexString(
            "FFFFFFFF" + "000001F4" + "00000001" + "03200000" + "00" + "00000007" + "00000002" +
            "00000001" + "000174" + "00000001" + "00000003" + "FFFFFFFF" + "0000000000000010" + "FFFFFFFFFFFFFFFF" + "00100000" +
            "00000001" + "00026F6C" + "00000002" + "00000000" + "00000001" + "00027231");
        var request = new FetchRequest();
        var reader = new WireReader(body);
        request.Read(ref reader, 11);

        Assert.Equal(0, reader.Remaining);
        Assert.Equal((-1, 7, 2), (request.ReplicaId, request.SessionId, request.SessionEpoch));
        var partition = Assert.Single(request.Partitions.ToArray());
        Assert.Equal((3, 16L, 1 << 20), (partition.Partition, partition.FetchOffset, partition.PartitionMaxBytes));
    }

    [Fact]
    public void RequestAndResponse_WrittenAndReadAgain_AllocateNothing()
    {
        var asked = Request();
        var read = new FetchRequest();
        var response = new FetchResponse();
        var buffer = new WireBuffer();
        var frame = ResponseFrame(12, out _);

        void Once()
        {
            Fill(asked);
            buffer.Clear();
            var writer = new WireWriter(buffer);
            asked.Write(ref writer, 12);
            var reader = new WireReader(buffer.Written);
            read.Read(ref reader, 12);
            buffer.Clear();
            WriteResponse(new FetchResponseWriter(buffer, 12), []);
            var back = new WireReader(frame);
            back.Skip(Frame.PrefixBytes);
            ResponseHeader.Read(ref back, ApiKey.Fetch, 12);
            response.Read(ref back, 12);
        }

        Allocations.AssertNone(Once);
    }

    internal static FetchRequest Request()
    {
        var request = new FetchRequest { ReplicaId = 2, MaxWaitMs = 500, MinBytes = 1, MaxBytes = 1 << 20, IsolationLevel = 1 };
        Fill(request);
        return request;
    }

    /// <summary>A response with its records in the gaps, as it goes over the wire.</summary>
    internal static byte[] ResponseFrame(short version, out int recordsAt)
    {
        var buffer = new WireBuffer();
        Span<int> gaps = stackalloc int[1];
        WriteResponse(new FetchResponseWriter(buffer, version, isolationLevel: 1), gaps);
        recordsAt = gaps[0];
        return [.. buffer.Written[..recordsAt], .. Enumerable.Repeat((byte)0xaa, 200), .. buffer.Written[recordsAt..]];
    }

    private static void Fill(FetchRequest request)
    {
        request.Clear();
        request.Add(TopicA, 1, fetchOffset: 100, partitionMaxBytes: 4096,
            currentLeaderEpoch: 3, lastFetchedEpoch: 2, logStartOffset: 1);
        request.Add(TopicA, 2, fetchOffset: 0, partitionMaxBytes: 4096);
        request.Add(TopicB, 0, fetchOffset: 1L << 40, partitionMaxBytes: 1, currentLeaderEpoch: 1);
    }

    private static void WriteResponse(FetchResponseWriter writer, Span<int> gaps)
    {
        writer.Begin(correlationId: 42, topicCount: 2, throttleTimeMs: 3);
        writer.BeginTopic(TopicA, 2);
        writer.BeginPartition(1, ErrorCode.None, highWatermark: 100, lastStableOffset: 90, logStartOffset: 7, recordsLength: 200);
        if (gaps.Length > 0) gaps[0] = writer.Position;
        writer.EndPartition();
        writer.BeginPartition(2, ErrorCode.None, highWatermark: 9, lastStableOffset: 9, logStartOffset: 0, recordsLength: 0);
        writer.EndPartition(new EpochEnd(4, 55));
        writer.EndTopic();
        writer.BeginTopic(TopicB, 1);
        writer.BeginPartition(
            0, ErrorCode.OffsetOutOfRange, highWatermark: -1, lastStableOffset: -1, logStartOffset: -1, recordsLength: 0);
        writer.EndPartition();
        writer.EndTopic();
        writer.End();
    }
}
