using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Replication;

/// <summary>What must hold of a replicated partition whatever happened to its nodes.</summary>
internal static class ReplicaChecks
{
    /// <summary>Records that show that a partition takes any: some hundred requests.</summary>
    public const int Progress = 2000;

    /// <summary>Produces to a topic's first partition, with acks=all, while <paramref name="events"/> happen: all of it is kept, by all replicas.</summary>
    /// <param name="cluster">All of whose nodes run afterwards.</param>
    /// <param name="topic">Replicated by all of them.</param>
    /// <param name="events">From when <see cref="Progress"/> was made. To end with all replicas in sync.</param>
    public static void AssertNothingIsLost(this BrokerCluster cluster, string topic, Action<SteadyProducer> events)
    {
        using var producer = new SteadyProducer(cluster, topic);
        producer.WaitForMore(Progress);
        events(producer);
        cluster.AssertKept(producer.Stop(), topic);
        cluster.AssertSameBytes(topic);
    }

    /// <summary>Every acknowledged record is where it was promised to be, and offsets have no holes.</summary>
    public static void AssertKept(this BrokerCluster cluster, IReadOnlyList<StoredRecord> acknowledged, string topic)
    {
        using var leader = cluster.ConnectToLeader(topic);
        var stored = leader.ReadAll(topic);
        Assert.Equal(Enumerable.Range(0, stored.Count).Select(offset => (long)offset), stored.Select(record => record.Offset));
        foreach (var record in acknowledged)
            if (record.Offset >= stored.Count || stored[(int)record.Offset] != record) Assert.Fail($"acknowledged and not there: {record}");
    }

    /// <summary>Compares the files of all nodes below the high watermark while they run, once all have it that far.</summary>
    public static void AssertSameBytes(this BrokerCluster cluster, string topic)
    {
        var highWatermark = cluster.HighWatermarkOf(topic);
        List<byte[]> copies = [];
        // A follower that is in sync has all that is committed, and writes it before it says so.
        Until.True(
            () => (copies = cluster.CopiesBelow(highWatermark, topic)).TrueForAll(copy => copy.AsSpan().SequenceEqual(copies[0])),
            () => $"replicas of {topic} hold the same bytes: {string.Join(", ", copies.Select(copy => copy.Length))} below offset {highWatermark}");
        Assert.NotEmpty(copies[0]);
    }

    /// <summary>Stops all nodes cleanly, compares their files below the high watermark, and starts them again.</summary>
    public static void AssertSameBytesAfterACleanStop(this BrokerCluster cluster, string topic)
    {
        var highWatermark = cluster.HighWatermarkOf(topic);
        Assert.All(cluster.Nodes, node => Assert.Equal(0, node.Stop()));
        var copies = cluster.CopiesBelow(highWatermark, topic);
        Assert.NotEmpty(copies[0]);
        Assert.All(copies, copy => Assert.True(copies[0].AsSpan().SequenceEqual(copy), "a replica has other bytes"));

        Parallel.ForEach(cluster.Nodes.Select(node => node.Setup.NodeId).ToList(), cluster.Restart);
        cluster.WaitForInSync(topic, 0, cluster.Nodes.Count());
    }

    private static long HighWatermarkOf(this BrokerCluster cluster, string topic)
    {
        var highWatermark = -1L;
        // A leader that has just begun does not know it yet.
        Until.True(
            () =>
            {
                using var leader = cluster.ConnectToLeader(topic);
                return (highWatermark = leader.ListOffset(topic, 0, ListOffsetsRequest.Latest).Offset) >= 0;
            },
            $"the leader of {topic} knows what is committed");
        return highWatermark;
    }

    private static List<byte[]> CopiesBelow(this BrokerCluster cluster, long highWatermark, string topic) =>
        [.. cluster.Nodes.Select(node => BytesBelow(highWatermark, cluster.LogFiles(node.Setup.NodeId, topic)))];

    private static byte[] BytesBelow(long offset, IEnumerable<string> logFiles)
    {
        var below = new MemoryStream();
        foreach (var batch in logFiles.SelectMany(file => StoredRecords.Batches(File.ReadAllBytes(file))))
        {
            if (new BatchHeader(batch).NextOffset > offset) break;
            below.Write(batch);
        }

        return below.ToArray();
    }
}
