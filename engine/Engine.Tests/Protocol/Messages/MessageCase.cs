using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;

namespace Engine.Tests.Protocol.Messages;

/// <summary>One message with every field filled, and how it is written and read, for tests that hold for all
/// messages.</summary>
/// <param name="Api">Which request kind.</param>
/// <param name="Kind">"request" or "response".</param>
/// <param name="Sample">The message, or null for those that are read into places instead of objects.</param>
/// <param name="Write">Writes the sample's body in a version.</param>
/// <param name="Read">Reads a body and says what was read and how many bytes are left.</param>
/// <param name="Rewrite">Writes a message that was read.</param>
internal sealed record MessageCase(
    ApiKey Api, string Kind, object? Sample, Func<short, byte[]> Write, Func<byte[], short, (object Message, int Remaining)> Read,
    Func<object, short, byte[]>? Rewrite)
{
    public override string ToString() => $"{Api} {Kind}";

    public static readonly MessageCase[] Cold =
    [
        Of("request", ApiKey.ApiVersions, ApiVersionsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new ApiVersionsRequest { ClientSoftwareName = "test-client", ClientSoftwareVersion = "1.2" }),
        Of("response", ApiKey.ApiVersions, ApiVersionsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new ApiVersionsResponse
            {
                Error = ErrorCode.InvalidRequest,
                ThrottleTimeMs = 7,
                Apis = [new(ApiKey.Fetch, 4, 12), new(ApiKey.Produce, 0, 11)],
            }),
        Of("request", ApiKey.Metadata, MetadataRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new MetadataRequest
            {
                Topics = [new("one"), new("two")],
                AllowAutoTopicCreation = false,
                IncludeTopicAuthorizedOperations = true,
            }),
        Of("response", ApiKey.Metadata, MetadataResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new MetadataResponse
            {
                ThrottleTimeMs = 3,
                Brokers = [new(1, "one.example", 19092, "r1"), new(2, "two.example", 19093)],
                ClusterId = "cluster",
                ControllerId = 2,
                Topics =
                [
                    new()
                    {
                        Name = "events",
                        TopicId = new("00112233-4455-6677-8899-aabbccddeeff"),
                        IsInternal = true,
                        AuthorizedOperations = 4,
                        Partitions =
                        [
                            new()
                            {
                                Partition = 5,
                                LeaderId = 1,
                                LeaderEpoch = 6,
                                Replicas = [1, 2, 3],
                                InSyncReplicas = [1, 2],
                                OfflineReplicas = [3],
                            },
                            new()
                            {
                                Error = ErrorCode.LeaderNotAvailable,
                                Partition = 6,
                                LeaderId = -1,
                                LeaderEpoch = 1,
                                Replicas = [3],
                            },
                        ],
                    },
                    new() { Error = ErrorCode.UnknownTopicOrPartition, Name = "missing" },
                ],
            }),
        Of("request", ApiKey.ListOffsets, ListOffsetsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new ListOffsetsRequest
            {
                ReplicaId = 3,
                IsolationLevel = 1,
                Topics = [new("events", [new(4, ListOffsetsRequest.Latest, 5), new(6, 1700000000000)])],
            }),
        Of("response", ApiKey.ListOffsets, ListOffsetsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new ListOffsetsResponse
            {
                ThrottleTimeMs = 1,
                Topics = [new("events", [new(4, ErrorCode.NotLeaderOrFollower, 1700000000000, 99, 5)])],
            }),
        Of("request", ApiKey.CreateTopics, CreateTopicsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new CreateTopicsRequest
            {
                TimeoutMs = 1234,
                ValidateOnly = true,
                Topics =
                [
                    new()
                    {
                        Name = "a",
                        PartitionCount = 12,
                        ReplicationFactor = 3,
                        Configs = [new("retention.ms", "1000"), new("segment.bytes", null)],
                    },
                    new() { Name = "b", Assignments = [new(0, [1, 2]), new(1, [2, 3])] },
                ],
            }),
        Of("response", ApiKey.CreateTopics, CreateTopicsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new CreateTopicsResponse
            {
                ThrottleTimeMs = 2,
                Topics =
                [
                    new()
                    {
                        Name = "a",
                        TopicId = new("00112233-4455-6677-8899-aabbccddeeff"),
                        PartitionCount = 12,
                        ReplicationFactor = 3,
                        Configs = [new("retention.ms", "1000", true, ConfigSource.Topic, true)],
                    },
                    new() { Name = "b", Error = ErrorCode.TopicAlreadyExists, ErrorMessage = "it exists" },
                ],
            }),
        Of("request", ApiKey.DeleteTopics, DeleteTopicsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DeleteTopicsRequest { TimeoutMs = 99, Topics = [new("a"), new("b")] }),
        Of("response", ApiKey.DeleteTopics, DeleteTopicsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DeleteTopicsResponse
            {
                ThrottleTimeMs = 5,
                Topics =
                [
                    new("a", new("00112233-4455-6677-8899-aabbccddeeff"), ErrorCode.None),
                    new("b", default, ErrorCode.UnknownTopicOrPartition, "none such"),
                ],
            }),
        Of("request", ApiKey.DeleteRecords, DeleteRecordsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DeleteRecordsRequest
            {
                TimeoutMs = 4321,
                Topics = [new("a", [new(3, 1L << 33), new(4, DeleteRecordsRequest.ToHighWatermark)]), new("b", [new(0, 7)])],
            }),
        Of("response", ApiKey.DeleteRecords, DeleteRecordsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DeleteRecordsResponse
            {
                ThrottleTimeMs = 6,
                Topics = [new("a", [new(3, 1L << 33, ErrorCode.None), new(4, -1, ErrorCode.OffsetOutOfRange)])],
            }),
        Of("request", ApiKey.InitProducerId, InitProducerIdRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new InitProducerIdRequest
            {
                TransactionalId = "tx",
                TransactionTimeoutMs = 60_000,
                ProducerId = 8,
                ProducerEpoch = 9,
            }),
        Of("response", ApiKey.InitProducerId, InitProducerIdResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new InitProducerIdResponse
            {
                ThrottleTimeMs = 1,
                Error = ErrorCode.NotController,
                ProducerId = 4000,
                ProducerEpoch = 2,
            }),
        Of("request", ApiKey.DescribeConfigs, DescribeConfigsRequest.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DescribeConfigsRequest
            {
                Resources = [new(ConfigResourceType.Topic, "a", ["retention.ms", "x"]), new(ConfigResourceType.Broker, "1")],
                IncludeSynonyms = true,
                IncludeDocumentation = true,
            }),
        Of("response", ApiKey.DescribeConfigs, DescribeConfigsResponse.Read,
            static (message, ref writer, version) => message.Write(ref writer, version),
            new DescribeConfigsResponse
            {
                ThrottleTimeMs = 1,
                Resources =
                [
                    new()
                    {
                        Type = ConfigResourceType.Topic,
                        Name = "a",
                        Configs =
                        [
                            new()
                            {
                                Name = "retention.ms",
                                Value = "1000",
                                ReadOnly = true,
                                Source = ConfigSource.StaticBroker,
                                IsSensitive = true,
                                Synonyms = [new("log.retention.ms", null, ConfigSource.Default)],
                                Type = ConfigType.Long,
                                Documentation = "how long",
                            },
                        ],
                    },
                    new()
                    {
                        Error = ErrorCode.UnknownTopicOrPartition,
                        ErrorMessage = "none such",
                        Type = ConfigResourceType.Broker,
                        Name = "b",
                    },
                ],
            }),
    ];

    /// <summary>The messages that are read into reused objects; their own tests compare what was read.</summary>
    public static readonly MessageCase[] Hot =
    [
        new(ApiKey.Produce, "request", null, ProduceRequestBody, static (body, version) =>
        {
            var message = new ProduceRequest();
            var reader = new WireReader(body);
            message.Read(ref reader, version);
            return (message, reader.Remaining);
        }, null),
        new(ApiKey.Produce, "response", null, ProduceResponseBody, static (body, version) =>
        {
            var message = new ProduceResponse();
            var reader = new WireReader(body);
            message.Read(ref reader, version);
            return (message, reader.Remaining);
        }, null),
        new(ApiKey.Fetch, "request", null, FetchRequestBody, static (body, version) =>
        {
            var message = new FetchRequest();
            var reader = new WireReader(body);
            message.Read(ref reader, version);
            return (message, reader.Remaining);
        }, null),
        new(ApiKey.Fetch, "response", null, FetchResponseBody, static (body, version) =>
        {
            var message = new FetchResponse();
            var reader = new WireReader(body);
            message.Read(ref reader, version);
            return (message, reader.Remaining);
        }, null),
    ];

    public static MessageCase Find(ApiKey api, string kind) =>
        Cold.Concat(Hot).Single(found => found.Api == api && found.Kind == kind);

    /// <summary>Every message in every served version.</summary>
    public static TheoryData<ApiKey, string, short> AllVersions(params MessageCase[][] groups)
    {
        var data = new TheoryData<ApiKey, string, short>();
        foreach (var found in groups.SelectMany(group => group))
        {
            ApiTable.TryGet(found.Api, out var api);
            for (var version = api.MinVersion; version <= api.MaxVersion; version++) data.Add(found.Api, found.Kind, version);
        }

        return data;
    }

    public static TheoryData<ApiKey, string, short> HighestVersions(MessageCase[] group)
    {
        var data = new TheoryData<ApiKey, string, short>();
        foreach (var found in group)
        {
            ApiTable.TryGet(found.Api, out var api);
            data.Add(found.Api, found.Kind, api.MaxVersion);
        }

        return data;
    }

    private static MessageCase Of<T>(string kind, ApiKey api, WireItemReader<T> read, WireItemWriter<T> write, T sample)
        where T : class
    {
        byte[] Bytes(T message, short version)
        {
            var buffer = new WireBuffer();
            var writer = new WireWriter(buffer);
            write(message, ref writer, version);
            return buffer.Written.ToArray();
        }

        (object Message, int Remaining) Read(byte[] body, short version)
        {
            var reader = new WireReader(body);
            return (read(ref reader, version), reader.Remaining);
        }

        return new(api, kind, sample, version => Bytes(sample, version), Read, (message, version) => Bytes((T)message, version));
    }

    private static byte[] ProduceRequestBody(short version)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        ProduceRequest.WriteStart(ref writer, version, "tx", acks: -1, timeoutMs: 9, topicCount: 2);
        foreach (var partitions in (int[])[2, 1])
        {
            ProduceRequest.WriteTopic(ref writer, "events"u8, partitions);
            for (var partition = 0; partition < partitions; partition++)
            {
                ProduceRequest.WritePartition(ref writer, partition, 5);
                writer.WriteRaw([1, 2, 3, 4, 5]);
                writer.EndStruct();
            }

            writer.EndStruct();
        }

        writer.EndStruct();
        return buffer.Written.ToArray();
    }

    private static byte[] ProduceResponseBody(short version)
    {
        var message = new ProduceResponse();
        message.Add("events"u8, 0, partition: 5, ErrorCode.None, baseOffset: 1000, logAppendTimeMs: -1, logStartOffset: 10);
        message.Add(
            "events"u8, 0, partition: 6, ErrorCode.CorruptMessage,
            baseOffset: -1, logAppendTimeMs: -1, logStartOffset: -1, "bad CRC");
        message.Add("other"u8, 1, partition: 0, ErrorCode.None, baseOffset: 0, logAppendTimeMs: 123, logStartOffset: 0);
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        message.Write(ref writer, version);
        return buffer.Written.ToArray();
    }

    private static byte[] FetchRequestBody(short version)
    {
        var buffer = new WireBuffer();
        var writer = new WireWriter(buffer);
        FetchTests.Request().Write(ref writer, version);
        return buffer.Written.ToArray();
    }

    private static byte[] FetchResponseBody(short version)
    {
        var frame = FetchTests.ResponseFrame(version, out _);
        var reader = new WireReader(frame);
        reader.Skip(Frame.PrefixBytes);
        ResponseHeader.Read(ref reader, ApiKey.Fetch, version);
        return frame[reader.Position..];
    }
}
