using System.Text;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Interop.Raw;

/// <summary>The requests that tests make, each one call.</summary>
internal static class RawRequests
{
    public const short ProduceVersion = 9;
    public const short FetchVersion = 12;

    public static ApiVersionsResponse ApiVersions(this RawClient client, short version = 3) => client.Ask(
        ApiKey.ApiVersions, version, new ApiVersionsRequest { ClientSoftwareName = RawClient.ClientId, ClientSoftwareVersion = "1" },
        static (request, ref writer, version) => request.Write(ref writer, version), ApiVersionsResponse.Read);

    /// <summary>Never creates what it asks for.</summary>
    public static MetadataResponse Metadata(this RawClient client, params string[] topics) => client.Ask(
        ApiKey.Metadata, 9, new MetadataRequest { Topics = [.. topics.Select(topic => new MetadataRequestTopic(topic))], AllowAutoTopicCreation = false },
        static (request, ref writer, version) => request.Write(ref writer, version), MetadataResponse.Read);

    public static MetadataPartition? TryPartition(this RawClient client, string topic, int partition) =>
        client.Metadata(topic).Topics[0].Partitions.FirstOrDefault(found => found.Partition == partition);

    public static MetadataPartition Partition(this RawClient client, string topic, int partition) =>
        client.TryPartition(topic, partition) ?? throw new InvalidDataException($"there is no {topic}-{partition}");

    public static CreatedTopic CreateTopic(this RawClient client, string name, int partitions = 1, short replicas = 1, params TopicSetting[] settings) =>
        Assert.Single(client.Ask(
            ApiKey.CreateTopics, 5,
            new CreateTopicsRequest { Topics = [new() { Name = name, PartitionCount = partitions, ReplicationFactor = replicas, Configs = settings }] },
            static (request, ref writer, version) => request.Write(ref writer, version), CreateTopicsResponse.Read).Topics);

    public static InitProducerIdResponse InitProducerId(this RawClient client) => client.Ask(
        ApiKey.InitProducerId, 4, new InitProducerIdRequest { TransactionTimeoutMs = 60_000 },
        static (request, ref writer, version) => request.Write(ref writer, version), InitProducerIdResponse.Read);

    public static ListedOffset ListOffset(this RawClient client, string topic, int partition, long timestamp) => Assert.Single(Assert.Single(client.Ask(
        ApiKey.ListOffsets, 8, new ListOffsetsRequest { Topics = [new(topic, [new(partition, timestamp)])] },
        static (request, ref writer, version) => request.Write(ref writer, version), ListOffsetsResponse.Read).Topics).Partitions);

    public static DeletedRecords DeleteRecords(this RawClient client, string topic, int partition, long offset) => Assert.Single(Assert.Single(client.Ask(
        ApiKey.DeleteRecords, 2, new DeleteRecordsRequest { Topics = [new(topic, [new(partition, offset)])] },
        static (request, ref writer, version) => request.Write(ref writer, version), DeleteRecordsResponse.Read).Topics).Partitions);

    /// <summary>Sends a batch without waiting for the answer; gives the correlation id.</summary>
    public static int SendProduce(
        this RawClient client, string topic, int partition, ReadOnlySpan<byte> records, short acks = -1, int timeoutMs = 30_000, short version = ProduceVersion)
    {
        var correlationId = client.NextCorrelationId();
        client.Send(ProduceFrame(correlationId, topic, partition, records, acks, timeoutMs, version));
        return correlationId;
    }

    public static byte[] ProduceFrame(
        int correlationId, string topic, int partition, ReadOnlySpan<byte> records, short acks = -1, int timeoutMs = 30_000, short version = ProduceVersion)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ProduceRequest.WriteHead(
            ref writer, version, correlationId, RawClient.ClientId, acks, timeoutMs, Encoding.UTF8.GetBytes(topic), partition, records.Length);
        return [.. buffer.Written, .. records, .. ProduceRequest.Tail(version)];
    }

    public static ProducedPartition ReceiveProduced(this RawClient client, int correlationId, short version = ProduceVersion) =>
        Assert.Single(client.Receive(ApiKey.Produce, version, correlationId, static (ref reader, version) =>
        {
            var response = new ProduceResponse();
            response.Read(ref reader, version);
            return response;
        }).Partitions.ToArray());

    public static ProducedPartition Produce(
        this RawClient client, string topic, int partition, ReadOnlySpan<byte> records, short acks = -1, int timeoutMs = 30_000, short version = ProduceVersion) =>
        client.ReceiveProduced(client.SendProduce(topic, partition, records, acks, timeoutMs, version), version);

    /// <summary>Sends a fetch without waiting for the answer; gives the correlation id.</summary>
    public static int SendFetch(
        this RawClient client, string topic, int partition, long offset, int maxWaitMs = 0, int minBytes = 1, int maxBytes = 8 << 20, int replicaId = -1)
    {
        var request = new FetchRequest { ReplicaId = replicaId, MaxWaitMs = maxWaitMs, MinBytes = minBytes, MaxBytes = maxBytes };
        request.Add(Encoding.UTF8.GetBytes(topic), partition, offset, maxBytes);
        return client.Send(ApiKey.Fetch, FetchVersion, request, static (request, ref writer, version) => request.Write(ref writer, version));
    }

    public static RawFetched ReceiveFetched(this RawClient client, int correlationId)
    {
        var frame = client.Receive();
        var reader = new WireReader(frame);
        Assert.Equal(correlationId, ResponseHeader.Read(ref reader, ApiKey.Fetch, FetchVersion));
        var response = new FetchResponse();
        response.Read(ref reader, FetchVersion);
        Assert.Equal(0, reader.Remaining);
        Assert.Equal(ErrorCode.None, response.Error);
        var partition = Assert.Single(response.Partitions.ToArray());
        return new(partition.Error, partition.HighWatermark, frame.AsSpan(partition.RecordsStart, Math.Max(0, partition.RecordsLength)).ToArray());
    }

    public static RawFetched Fetch(
        this RawClient client, string topic, int partition, long offset, int maxWaitMs = 0, int minBytes = 1, int maxBytes = 8 << 20, int replicaId = -1) =>
        client.ReceiveFetched(client.SendFetch(topic, partition, offset, maxWaitMs, minBytes, maxBytes, replicaId));

    /// <summary>Everything that consumers can see of a partition, from its first offset on.</summary>
    public static List<StoredRecord> ReadAll(this RawClient client, string topic, int partition = 0, int maxBytes = 8 << 20)
    {
        var records = new List<StoredRecord>();
        foreach (var batches in client.FetchAll(topic, partition, maxBytes)) records.AddRange(StoredRecords.In(batches));
        return records;
    }

    /// <summary>The same as whole batches, compressed or not, as many bytes at a time as a fetch brings.</summary>
    public static IEnumerable<byte[]> FetchAll(this RawClient client, string topic, int partition = 0, int maxBytes = 8 << 20)
    {
        for (var offset = 0L; ;)
        {
            var fetched = client.Fetch(topic, partition, offset, maxBytes: maxBytes);
            Assert.Equal(ErrorCode.None, fetched.Error);
            var whole = StoredRecords.WholeBatchBytes(fetched.Records, out var next);
            if (whole == 0) yield break;
            yield return fetched.Records[..whole];
            offset = next;
        }
    }
}

/// <summary>What a fetch brought of one partition; its last batch may be cut short.</summary>
internal sealed record RawFetched(ErrorCode Error, long HighWatermark, byte[] Records);
