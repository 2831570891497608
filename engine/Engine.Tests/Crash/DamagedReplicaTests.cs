using Engine.Broker.Replication;
using Engine.Core;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;
using Engine.Tests.Interop.Replication;

namespace Engine.Tests.Crash;

/// <summary>Nodes whose disks have damaged a batch: it reaches no client, and comes back from a replica where there is one.</summary>
public sealed class DamagedReplicaTests
{
    private const string Topic = "flipped";
    private const int Batches = 300;
    private const int RecordsPerBatch = 5;

    // Several segments, so that most of what is found at a start is taken on trust.
    // Leadership comes back to a node that was stopped and is in sync again: only who leads is asked for what it holds.
    private static readonly string[] SmallSegments =
        ["--set", "segment.bytes=65536", "--set", "replica.lag.time.max.ms=3000", "--set", "leader.imbalance.check.interval.seconds=1"];

    public static TheoryData<int> Places => [8, 21, 90]; // The length, the attributes, a record.

    [Theory]
    [MemberData(nameof(Places))]
    public void OneReplica_BitFlipped_IsAnErrorThereAndNowhereElse(int place)
    {
        using var cluster = new BrokerCluster(1, SmallSegments);
        cluster.CreateTopic(Topic);
        var sent = Produce(cluster, acks: 1);
        const int damaged = 100;
        Assert.Equal(0, cluster.Node(1).Stop());
        Flip(cluster, 1, place, damaged);
        cluster.Restart(1);
        cluster.WaitForInSync(Topic, 0, 1);

        using var client = cluster.Connect();
        Assert.Equal(sent[..(damaged * RecordsPerBatch)], ReadFrom(client, 0, upTo: damaged * RecordsPerBatch));
        for (var again = 0; again < 3; again++)
        {
            var refused = client.Fetch(Topic, 0, (damaged * RecordsPerBatch) + again);
            Assert.Equal(ErrorCode.CorruptMessage, refused.Error);
            Assert.Empty(refused.Records);
        }

        const int behind = (damaged + 1) * RecordsPerBatch;
        Assert.Equal(sent[behind..], ReadFrom(client, behind, upTo: sent.Count));
        Assert.Equal(sent.Count, client.Produce(Topic, 0, RecordBatch.Of("goes on")).BaseOffset);
        WaitForLine(cluster.Node(1), "damaged");
        var line = Assert.Single(cluster.Node(1).Errors.Split('\n'), line => line.Contains("damaged", StringComparison.Ordinal));
        Assert.Contains($"offsets {damaged * RecordsPerBatch} to {behind - 1}", line, StringComparison.Ordinal);
        Assert.Contains(".log", line, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Places))]
    public void ThreeReplicas_BitFlippedOnTheLeader_IsMendedFromAFollower(int place)
    {
        using var cluster = new BrokerCluster(3, SmallSegments);
        cluster.CreateTopic(Topic, replicas: 3);
        var sent = Produce(cluster, acks: -1);
        var leader = cluster.LeaderOf(Topic);
        var intact = Bytes(cluster, leader);
        Assert.Equal(0, cluster.Node(leader).Stop());
        Flip(cluster, leader, place, 0, 100, Batches - 1);
        cluster.Restart(leader);
        WaitUntilItLeads(cluster, leader);

        AssertReadable(cluster, sent);
        WaitForLine(cluster.Node(leader), "mended from node");
        cluster.AssertSameBytesAfterACleanStop(Topic);
        Assert.Equal(intact, Bytes(cluster, leader)[..intact.Length]);
    }

    [Fact]
    public void ThreeReplicas_BitFlippedOnTwo_AreMendedFromTheThird()
    {
        using var cluster = new BrokerCluster(3, SmallSegments);
        cluster.CreateTopic(Topic, replicas: 3);
        var sent = Produce(cluster, acks: -1);
        var leader = cluster.LeaderOf(Topic);
        var follower = (leader % 3) + 1;
        Assert.All(new[] { follower, leader }, node => Assert.Equal(0, cluster.Node(node).Stop()));
        foreach (var node in new[] { leader, follower }) Flip(cluster, node, place: 80, 3, 150);
        Parallel.ForEach([leader, follower], cluster.Restart);
        WaitUntilItLeads(cluster, leader);

        AssertReadable(cluster, sent);
        // A follower finds out when it is asked for what it holds.
        using (var broker = new RawClient(cluster.Node(follower).InterBrokerEndpoint))
        {
            foreach (var damaged in new[] { 3, 150 })
            {
                var fetched = new RawFetched(ErrorCode.None, 0, []);
                Until.True(
                    () => (fetched = broker.Fetch(Topic, 0, damaged * RecordsPerBatch, replicaId: Mending.AnyReplica)) is { Error: ErrorCode.None, Records.Length: > 0 },
                    () => $"batch {damaged} is mended: {fetched.Error} {cluster.Node(follower).Errors}");
                Assert.Equal(sent[damaged * RecordsPerBatch], StoredRecords.In(fetched.Records).First());
            }
        }

        cluster.AssertSameBytesAfterACleanStop(Topic);
    }

    [Fact]
    public void Follower_LeaderIsDamagedWhereItGoesOn_TakesNothingOfItAndItsOtherPartitionsGoOn()
    {
        using var cluster = new BrokerCluster(2, SmallSegments);
        cluster.CreateTopic(Topic, replicas: 2);
        cluster.CreateTopic("bystander", replicas: 2, settings: new TopicSetting("min.insync.replicas", "2"));
        var leader = cluster.LeaderOf(Topic);
        var follower = 3 - leader;
        Assert.Equal(0, cluster.Node(follower).Stop());
        var sent = Produce(cluster, acks: 1); // The follower has none of them.
        using (var client = cluster.Connect(leader))
            Until.True(() => client.Partition(Topic, 0).InSyncReplicas is [_], "the follower is out of the in-sync set");
        Assert.Equal(0, cluster.Node(leader).Stop());
        const int damaged = 100;
        Flip(cluster, leader, place: 90, damaged);
        cluster.Restart(leader);
        cluster.Restart(follower);

        // As far as the leader's log is sound, and not a byte further, however often it asks.
        var soundBytes = PositionOf(cluster, leader, damaged);
        Until.True(() => Bytes(cluster, follower).Length == soundBytes, () => $"{Bytes(cluster, follower).Length} of {soundBytes} bytes are copied: {cluster.Node(follower).Errors}");
        cluster.WaitForInSync("bystander", 0, 2);
        using var bystander = cluster.ConnectToLeader("bystander");
        for (var i = 0; i < 200; i++) Assert.Equal(ErrorCode.None, bystander.Produce("bystander", 0, RecordBatch.Of($"record {i}")).Error);
        Assert.Equal(soundBytes, Bytes(cluster, follower).Length);
        Assert.Equal(Bytes(cluster, leader)[..soundBytes], Bytes(cluster, follower));
        using (var client = cluster.Connect(leader)) Assert.Equal(sent[..(damaged * RecordsPerBatch)], ReadFrom(client, 0, upTo: damaged * RecordsPerBatch));
        WaitForLine(cluster.Node(leader), "is damaged");
        Assert.Single(cluster.Node(leader).Errors.Split('\n'), line => line.Contains("is damaged", StringComparison.Ordinal));
    }

    private static void WaitForLine(BrokerProcess node, string part) =>
        Until.True(() => node.Errors.Contains(part, StringComparison.Ordinal), () => $"node {node.Setup.NodeId} says '{part}': {node.Errors}");

    private static void WaitUntilItLeads(BrokerCluster cluster, int node) =>
        Until.True(() => cluster.LeaderOf(Topic) == node, () => $"node {node} leads again: {cluster.Node(node).Errors}");

    private static List<StoredRecord> Produce(BrokerCluster cluster, short acks)
    {
        using var leader = cluster.ConnectToLeader(Topic);
        var sent = new List<StoredRecord>();
        for (var batch = 0; batch < Batches; batch++)
        {
            var values = Enumerable.Range(0, RecordsPerBatch).Select(record => $"batch {batch} record {record} {new string('x', 150 + (batch % 50))}").ToArray();
            Assert.Equal(ErrorCode.None, leader.Produce(Topic, 0, RecordBatch.Of(values), acks).Error);
            sent.AddRange(values.Select((value, record) => new StoredRecord((batch * RecordsPerBatch) + record, value)));
        }

        return sent;
    }

    /// <summary>Everything is there, at the latest once it is mended; until then no client is given anything else, or an error that ends it.</summary>
    private static void AssertReadable(BrokerCluster cluster, List<StoredRecord> sent)
    {
        using var client = cluster.ConnectToLeader(Topic);
        Until.True(() => client.ListOffset(Topic, 0, ListOffsetsRequest.Latest).Offset == sent.Count, "all is committed");
        for (var offset = 0; offset < sent.Count;)
        {
            RawFetched? fetched = null;
            Until.True(() => (fetched = client.Fetch(Topic, 0, offset, maxBytes: 20_000)).Error != ErrorCode.KafkaStorageError, () => $"offset {offset} can be read");
            Assert.Equal(ErrorCode.None, fetched!.Error);
            var records = StoredRecords.In(fetched.Records).ToList();
            Assert.NotEmpty(records);
            Assert.Equal(sent.GetRange((int)records[0].Offset, records.Count), records);
            offset = (int)records[^1].Offset + 1;
        }
    }

    private static List<StoredRecord> ReadFrom(RawClient client, long offset, long upTo)
    {
        var records = new List<StoredRecord>();
        while (offset < upTo)
        {
            var fetched = client.Fetch(Topic, 0, offset, maxBytes: 50_000);
            Assert.Equal(ErrorCode.None, fetched.Error);
            var some = StoredRecords.In(fetched.Records).ToList();
            Assert.NotEmpty(some);
            records.AddRange(some);
            offset = some[^1].Offset + 1;
        }

        return records;
    }

    private static void Flip(BrokerCluster cluster, int node, int place, params int[] batches)
    {
        foreach (var position in batches.Select(batch => PositionOf(cluster, node, batch)).ToList())
            BitFlipTests.Flip(Path.GetDirectoryName(cluster.LogFile(node, Topic))!, position + place);
    }

    /// <summary>Where a batch begins, counted through all segments, which are intact.</summary>
    private static int PositionOf(BrokerCluster cluster, int node, int batch)
    {
        var position = 0;
        var bytes = Bytes(cluster, node);
        for (var i = 0; i < batch; i++) position += new BatchHeader(bytes.AsSpan(position)).SizeBytes;
        return position;
    }

    private static byte[] Bytes(BrokerCluster cluster, int node) =>
        Directory.Exists(Path.GetDirectoryName(cluster.LogFile(node, Topic))!) ? [.. cluster.LogFiles(node, Topic).SelectMany(File.ReadAllBytes)] : [];
}
