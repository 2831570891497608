using System.Buffers.Binary;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Wire;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Robustness;

/// <summary>Requests that are well formed and wrong: each gets the protocol's answer, and the node lives on.</summary>
[Collection(OneNode.Tests)]
public sealed class BadRequestTests : IDisposable
{
    private readonly BrokerCluster _cluster;
    private readonly RawClient _client;

    public BadRequestTests(OneNode one)
    {
        _cluster = one.Cluster;
        _client = _cluster.Connect();
    }

    public void Dispose()
    {
        using var another = _cluster.Connect();
        Assert.Equal(ErrorCode.None, another.ApiVersions().Error);
        _client.Dispose();
    }

    [Theory]
    [InlineData(5000, 0)]
    [InlineData(-1, 0)]
    [InlineData(9, 2)]
    [InlineData((short)ApiKey.Produce, 2)]
    [InlineData((short)ApiKey.Produce, 12)]
    [InlineData((short)ApiKey.Fetch, 3)]
    [InlineData((short)ApiKey.Fetch, 99)]
    [InlineData((short)ApiKey.Metadata, 13)]
    [InlineData((short)ApiKey.Metadata, -1)]
    public void Request_KindOrVersionThatIsNotServed_Closes(short api, short version)
    {
        _client.Send(RawClient.Request((ApiKey)api, version, 1, new byte[32], static (body, ref writer, _) => writer.WriteRaw(body)));
        _client.AssertClosed();
    }

    [Fact]
    public void ApiVersions_UnknownVersion_GetsTheFallbackToTheByte()
    {
        // A header of version 2 (an empty set of tagged fields follows the client id) and a body that nobody can know.
        _client.Send([0, 0, 0, 20, 0, 18, 0, 99, 0, 0, 0, 42, 0, 3, (byte)'r', (byte)'a', (byte)'w', 0, 1, 2, 3, 4, 5, 6]);

        Assert.Equal(
            "0000002A" /* correlation id, header of version 0 */ + "0023" /* UNSUPPORTED_VERSION */ +
            "00000001" + "0012" + "0000" + "0004" /* ApiVersions 0-4 and nothing else, no throttle time */,
            Convert.ToHexString(_client.Receive()));
        Assert.Equal(ErrorCode.None, _client.ApiVersions().Error);
    }

    [Fact]
    public void ApiVersions_NameThatIsNotAllowed_IsAnInvalidRequest()
    {
        var answer = _client.Ask(
            ApiKey.ApiVersions, 3, new ApiVersionsRequest { ClientSoftwareName = "bad name!", ClientSoftwareVersion = "1" },
            static (request, ref writer, version) => request.Write(ref writer, version), ApiVersionsResponse.Read);
        Assert.Equal(ErrorCode.InvalidRequest, answer.Error);
    }

    public static TheoryData<string, ErrorCode> BadBatches => new()
    {
        { "none", ErrorCode.InvalidRecord },
        { "cut", ErrorCode.CorruptMessage },
        { "corrupt", ErrorCode.CorruptMessage },
        { "corrupt CRC", ErrorCode.CorruptMessage },
        { "magic 1", ErrorCode.InvalidRecord },
        { "magic 3", ErrorCode.InvalidRecord },
        { "base offset", ErrorCode.InvalidRecord },
        { "count too high", ErrorCode.InvalidRecord },
        { "count zero", ErrorCode.InvalidRecord },
        { "count negative", ErrorCode.InvalidRecord },
        { "control", ErrorCode.InvalidRecord },
        { "sequence", ErrorCode.InvalidRecord },
        { "two", ErrorCode.InvalidRecord },
        { "trailing", ErrorCode.InvalidRecord },
        { "codec", ErrorCode.UnsupportedCompressionType },
        { "oversized", ErrorCode.MessageTooLarge },
        { "count beyond its bytes", ErrorCode.InvalidRecord },
        { "transaction", ErrorCode.TransactionalIdAuthorizationFailed },
        { "append time", ErrorCode.InvalidTimestamp },
        { "far future", ErrorCode.InvalidTimestamp },
        { "unknown attribute", ErrorCode.InvalidRecord },
    };

    [Theory]
    [MemberData(nameof(BadBatches))]
    public void Produce_BadBatch_IsRefusedAndNothingStored(string kind, ErrorCode expected)
    {
        var topic = $"bad-{kind.Replace(' ', '-')}";
        _cluster.CreateTopic(topic);
        var sound = RecordBatch.Of("one", "two");
        Assert.Equal(0, _client.Produce(topic, 0, sound).BaseOffset);

        var refused = _client.Produce(topic, 0, Spoil(kind, sound));

        Assert.Equal((expected, -1L), (refused.Error, refused.BaseOffset));
        Assert.Equal(2, _client.Produce(topic, 0, sound).BaseOffset);
        Assert.Equal(["one", "two", "one", "two"], _client.ReadAll(topic).Select(record => record.Value));
    }

    [Fact]
    public void Produce_TopicOrPartitionThatIsNotThere_IsUnknown()
    {
        _cluster.CreateTopic("bad-place");
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Produce("bad-place-missing", 0, RecordBatch.Of("x")).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Produce("bad-place", 1, RecordBatch.Of("x")).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Produce("bad-place", -1, RecordBatch.Of("x")).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Produce("../../etc", 0, RecordBatch.Of("x")).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.Fetch("bad-place-missing", 0, 0).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, _client.ListOffset("bad-place-missing", 0, ListOffsetsRequest.Latest).Error);
        Assert.Equal(ErrorCode.UnknownTopicOrPartition, Assert.Single(_client.Metadata("bad-place-missing").Topics).Error);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(-2)]
    public void Produce_AcksThatAreNone_AreRefused(short acks)
    {
        _cluster.CreateTopic($"bad-acks{acks}");
        Assert.Equal(ErrorCode.InvalidRequiredAcks, _client.Produce($"bad-acks{acks}", 0, RecordBatch.Of("x"), acks).Error);
        Assert.Empty(_client.ReadAll($"bad-acks{acks}"));
    }

    [Fact]
    public void Produce_WithoutAcksAndWrong_ClosesTheConnection()
    {
        _client.SendProduce("bad-unheard", 0, RecordBatch.Of("nobody listens"), acks: 0);
        _client.AssertClosed();
    }

    [Fact]
    public void Produce_WithoutAcks_IsStoredAndNotAnswered()
    {
        _cluster.CreateTopic("no-acks");
        _client.SendProduce("no-acks", 0, RecordBatch.Of("unheard"), acks: 0);

        Assert.Equal(ErrorCode.None, _client.ApiVersions().Error); // the next answer is the next request's
        Until.True(() => _client.ReadAll("no-acks").Select(record => record.Value).SequenceEqual(["unheard"]), "the record is stored");
    }

    public static TheoryData<string> BadNames =>
        ["", ".", "..", "../up", "a/b", "a b", "a\0b", "käse", "a\\b", "a:b", new string('a', 250)];

    [Theory]
    [MemberData(nameof(BadNames))]
    public void CreateTopics_BadName_IsRefusedAndLeavesNoFolder(string name)
    {
        var before = Directory.GetFileSystemEntries(_cluster.Folder, "*", SearchOption.AllDirectories).ToHashSet();

        Assert.Equal(ErrorCode.InvalidTopic, _client.CreateTopic(name).Error);

        // None that is new: folders of topics that other tests deleted may go meanwhile.
        Assert.Empty(Directory.GetFileSystemEntries(_cluster.Folder, "*", SearchOption.AllDirectories).Where(Directory.Exists).Except(before));
    }

    [Fact]
    public void CreateTopics_CountsThatCannotBe_AreRefused()
    {
        Assert.Equal(ErrorCode.InvalidPartitions, _client.CreateTopic("bad-counts", partitions: 0).Error);
        Assert.Equal(ErrorCode.InvalidPartitions, _client.CreateTopic("bad-counts", partitions: -7).Error);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, _client.CreateTopic("bad-counts", replicas: 2).Error);
        Assert.Equal(ErrorCode.InvalidReplicationFactor, _client.CreateTopic("bad-counts", replicas: 0).Error);
        Assert.Equal(ErrorCode.InvalidConfig, _client.CreateTopic("bad-counts", 1, 1, new TopicSetting("no.such.setting", "1")).Error);
        Assert.Equal(ErrorCode.InvalidConfig, _client.CreateTopic("bad-counts", 1, 1, new TopicSetting("segment.bytes", "many")).Error);
        Assert.NotEqual(ErrorCode.None, _client.CreateTopic("bad-counts", partitions: int.MaxValue).Error);
        Assert.Equal(ErrorCode.None, _client.CreateTopic("bad-counts").Error);
        Assert.Equal(ErrorCode.TopicAlreadyExists, _client.CreateTopic("bad-counts").Error);
    }

    [Fact]
    public void Fetch_OffsetThatIsNotThere_IsOutOfRange()
    {
        _cluster.CreateTopic("bad-offset");
        Assert.Equal(ErrorCode.None, _client.Produce("bad-offset", 0, RecordBatch.Of("only")).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, _client.Fetch("bad-offset", 0, 2).Error);
        Assert.Equal(ErrorCode.OffsetOutOfRange, _client.Fetch("bad-offset", 0, -1).Error);
        Assert.Empty(_client.Fetch("bad-offset", 0, 1).Records);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Fetch_AsAReplicaOnTheClientListener_IsRefused(int replicaId)
    {
        var topic = $"bad-replica-{replicaId}";
        _cluster.CreateTopic(topic);
        Assert.Equal(ErrorCode.None, _client.Produce(topic, 0, RecordBatch.Of("not for you")).Error);

        var fetched = _client.Fetch(topic, 0, 0, replicaId: replicaId);

        Assert.Equal(ErrorCode.ClusterAuthorizationFailed, fetched.Error);
        Assert.Empty(fetched.Records);
    }

    [Fact]
    public void Pipeline_WhileAFetchWaits_IsAnsweredInOrder()
    {
        _cluster.CreateTopic("pipeline");
        using var other = _cluster.Connect();

        var waiting = _client.SendFetch("pipeline", 0, 0, maxWaitMs: 30_000);
        var behind = Enumerable.Range(0, 20).Select(_ => _client.Send(
            ApiKey.ApiVersions, 0, new ApiVersionsRequest(), static (request, ref writer, version) => request.Write(ref writer, version))).ToList();
        Assert.Equal(ErrorCode.None, other.ApiVersions().Error);
        Assert.False(_client.HasAnswer, "nothing overtakes the waiting fetch");
        Assert.Equal(ErrorCode.None, other.Produce("pipeline", 0, RecordBatch.Of("wakes it")).Error);

        Assert.Equal("wakes it", Assert.Single(StoredRecords.In(_client.ReceiveFetched(waiting).Records)).Value);
        foreach (var correlationId in behind) _client.Receive(ApiKey.ApiVersions, 0, correlationId, ApiVersionsResponse.Read);
    }

    [Fact]
    public void Pipeline_ManyProduces_AreStoredAndAnsweredInOrder()
    {
        const int count = 500;
        _cluster.CreateTopic("pipelined");
        var sent = Enumerable.Range(0, count).Select(i => _client.SendProduce("pipelined", 0, RecordBatch.Of($"{i}"), acks: (short)(i % 2 == 0 ? -1 : 1))).ToList();

        for (var i = 0; i < count; i++) Assert.Equal(i, _client.ReceiveProduced(sent[i]).BaseOffset);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"{i}"), _client.ReadAll("pipelined").Select(record => record.Value));
    }

    private static byte[] Spoil(string kind, byte[] sound) => kind switch
    {
        "none" => [],
        "cut" => sound[..^1],
        "corrupt" => Changed(sound, batch => batch[^3] ^= 0x10),
        "corrupt CRC" => Changed(sound, batch => batch[17] ^= 1),
        "magic 1" => RecordBatch.Altered(sound, batch => batch[16] = 1),
        "magic 3" => RecordBatch.Altered(sound, batch => batch[16] = 3),
        "base offset" => RecordBatch.Altered(sound, batch => batch[7] = 1),
        "count too high" => RecordBatch.Altered(sound, batch => BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 3)),
        "count zero" => RecordBatch.Altered(sound, batch =>
        {
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 0);
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), -1);
        }),
        "count negative" => RecordBatch.Altered(sound, batch =>
        {
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), -5);
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), -6);
        }),
        "control" => RecordBatch.Altered(sound, batch => batch[22] |= 0x20),
        "sequence" => new RecordBatch("x") { ProducerId = 5, ProducerEpoch = 0, BaseSequence = -1 }.ToBytes(),
        "two" => [.. sound, .. sound],
        "trailing" => [.. sound, 0],
        "count beyond its bytes" => RecordBatch.Altered(sound, batch =>
        {
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(57), 5000);
            BinaryPrimitives.WriteInt32BigEndian(batch.AsSpan(23), 4999);
        }),
        "transaction" => RecordBatch.Altered(sound, batch => batch[22] |= 0x10),
        "append time" => RecordBatch.Altered(sound, batch => batch[22] |= 0x08),
        "far future" => RecordBatch.Altered(sound, batch => BinaryPrimitives.WriteInt64BigEndian(batch.AsSpan(35), long.MaxValue)),
        "unknown attribute" => RecordBatch.Altered(sound, batch => batch[22] |= 0x80),
        "codec" => RecordBatch.Altered(sound, batch => batch[22] |= 0x07),
        "oversized" => RecordBatch.Of(new string('x', (1 << 20) + 100)),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static byte[] Changed(byte[] sound, Action<byte[]> change)
    {
        var changed = (byte[])sound.Clone();
        change(changed);
        return changed;
    }
}
