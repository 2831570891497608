using System.Text;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages.Golden;

public sealed class GoldenTests
{
    private static readonly GoldenFile Approved = GoldenFile.Read("kafka-classes.txt");
    private static readonly GoldenFile Captured = GoldenFile.Read("captured.txt");

    public static TheoryData<ApiKey, string, short> ApprovedKeys => GoldenFile.Rows("kafka-classes.txt");

    public static TheoryData<ApiKey, string, short> CapturedKeys => GoldenFile.Rows("captured.txt");

    [Theory]
    [MemberData(nameof(ApprovedKeys))]
    public void Write_Sample_IsWhatKafkasClassesWrite(ApiKey api, string kind, short version) =>
        Assert.Equal(Approved[(kind, api, version)], MessageCase.Find(api, kind).Write(version));

    [Fact]
    public void ApprovedBytes_CoverEveryServedVersion()
    {
        var served = MessageCase.AllVersions(MessageCase.Cold, MessageCase.Hot)
            .Select(row => ((string)row[1], (ApiKey)row[0], (short)row[2]));
        Assert.Empty(served.Except(Approved.Keys));
    }

    [Theory]
    [MemberData(nameof(CapturedKeys))]
    public void Read_CapturedFrame_LeavesNothing(ApiKey api, string kind, short version)
    {
        var body = Body(kind, api, version);
        var message = MessageCase.Find(api, kind);
        var (read, remaining) = message.Read(body, version);

        Assert.Equal(0, remaining);
        if (message.Rewrite is { } rewrite) Assert.Equal(body, rewrite(read, version));
    }

    [Theory]
    [InlineData((short)7, 1, -1)]
    [InlineData((short)11, 1, 0)]
    public void ProduceRequest_FromAClient_HoldsASoundBatch(short version, int partitions, int baseSequence)
    {
        var body = Body("request", ApiKey.Produce, version);
        var request = new ProduceRequest();
        var reader = new WireReader(body);
        request.Read(ref reader, version);

        Assert.Equal((-1, partitions), (request.Acks, request.Partitions.Length));
        foreach (var partition in request.Partitions)
        {
            var batch = body.AsSpan(partition.RecordsStart, partition.RecordsLength);
            Assert.Equal(ErrorCode.None, BatchCheck.ForProduce(batch, 1 << 20, out _));
            Assert.Equal(baseSequence, new BatchHeader(batch).BaseSequence);
            var records = 0;
            foreach (var record in new RecordReader(batch)) Assert.Equal(records++, record.Offset);
            Assert.Equal(new BatchHeader(batch).RecordCount, records);
        }
    }

    [Theory]
    [InlineData((short)4)]
    [InlineData((short)11)]
    [InlineData((short)12)]
    public void FetchResponse_FromKafka_HoldsItsRecords(short version)
    {
        var body = Body("response", ApiKey.Fetch, version);
        var response = new FetchResponse();
        var reader = new WireReader(body);
        response.Read(ref reader, version);

        var records = 0;
        foreach (var partition in response.Partitions)
        {
            Assert.Equal((ErrorCode.None, null), (partition.Error, partition.Diverging));
            foreach (var batch in new BatchReader(body.AsSpan(partition.RecordsStart, partition.RecordsLength)))
            {
                Assert.Equal(batch.Length, BatchCheck.SoundBatchBytes(batch));
                foreach (var record in new RecordReader(batch)) records++;
            }
        }

        Assert.Equal(response.Partitions[0].HighWatermark, records);
        Assert.True(records > 0);
    }

    [Fact]
    public void MetadataResponse_FromKafka_NamesItsBrokerAndTopics()
    {
        var body = Body("response", ApiKey.Metadata, 12);
        var reader = new WireReader(body);
        var response = MetadataResponse.Read(ref reader, 12);

        var broker = Assert.Single(response.Brokers);
        Assert.Equal((1, "127.0.0.1", 39492), (broker.NodeId, broker.Host, broker.Port));
        Assert.Equal(22, Encoding.ASCII.GetByteCount(response.ClusterId!));
        Assert.All(response.Topics, topic => Assert.NotEqual(Guid.Empty, topic.TopicId));
        Assert.All(
            response.Topics.SelectMany(topic => topic.Partitions), partition => Assert.Equal([1], partition.InSyncReplicas));
    }

    private static byte[] Body(string kind, ApiKey api, short version)
    {
        var frame = Captured[(kind, api, version)];
        var reader = new WireReader(frame);
        if (kind == "response")
        {
            ResponseHeader.Read(ref reader, api, version);
            return frame[reader.Position..];
        }

        var header = RequestHeader.Read(ref reader);
        Assert.Equal((api, version), (header.Api, header.Version));
        reader.Flexible = ApiTable.IsFlexible(api, version);
        RequestHeader.ReadEnd(ref reader);
        return frame[reader.Position..];
    }
}
