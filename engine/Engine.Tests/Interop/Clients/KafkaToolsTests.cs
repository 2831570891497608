using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Clients;

/// <summary>Apache Kafka's own tools, which are its Java clients, against one node.</summary>
[Collection(OneNode.Tests)]
public sealed class KafkaToolsTests(OneNode one)
{
    [ToolFact(ClientTool.KafkaTools)]
    public void Topics_CreateDescribeDelete_AreDone()
    {
        Tool("kafka-topics.sh", "--create", "--topic", "java-made", "--partitions", "4", "--replication-factor", "1", "--config", "retention.ms=3600000");

        var described = Tool("kafka-topics.sh", "--describe", "--topic", "java-made");
        Assert.Contains("PartitionCount: 4", described, StringComparison.Ordinal);
        Assert.Contains("ReplicationFactor: 1", described, StringComparison.Ordinal);
        Assert.Contains("retention.ms=3600000", described, StringComparison.Ordinal);
        Assert.Contains("Partition: 3\tLeader: 1\tReplicas: 1\tIsr: 1", described, StringComparison.Ordinal);
        Assert.Contains("retention.ms=3600000", Tool("kafka-configs.sh", "--describe", "--topic", "java-made"), StringComparison.Ordinal);

        Tool("kafka-topics.sh", "--delete", "--topic", "java-made");
        using var client = one.Cluster.Connect();
        Until.True(() => client.TryPartition("java-made", 0) is null, "the topic is gone");
    }

    [ToolFact(ClientTool.KafkaTools)]
    public void PerfTestAndConsoleConsumer_AHundredThousandRecords_ComeBackIdentical()
    {
        one.Cluster.CreateTopic("java-numbers");

        // Its default settings: an idempotent producer with acks=all. Each record is its own number.
        var report = Tool("kafka-producer-perf-test.sh", "--topic", "java-numbers", "--num-records", $"{Lines.Count}", "--payload-monotonic", "--throughput", "-1");
        Assert.Contains($"{Lines.Count} records sent", report, StringComparison.Ordinal);

        var numbers = Enumerable.Range(0, Lines.Count).Select(number => $"{number}");
        Assert.Equal(numbers, Tool(
            "kafka-console-consumer.sh", "--topic", "java-numbers", "--partition", "0", "--offset", "earliest", "--max-messages", $"{Lines.Count}").TrimEnd('\n').Split('\n'));
        Assert.Equal($"java-numbers:0:{Lines.Count}", Tool("kafka-get-offsets.sh", "--topic", "java-numbers").Trim());

        using var client = one.Cluster.Connect();
        Assert.Equal(numbers, client.ReadAll("java-numbers").Select(record => record.Value));
    }

    /// <summary>Not with kcat: its librdkafka compresses so only where FindCoordinator is served, by which it knows a broker's age.</summary>
    [ToolFact(ClientTool.KafkaTools)]
    public void PerfTest_Lz4_IsStoredAsSentAndReadBack()
    {
        const int count = 10_000;
        one.Cluster.CreateTopic("java-lz4");

        Tool(
            "kafka-producer-perf-test.sh", "--topic", "java-lz4", "--num-records", $"{count}", "--payload-monotonic", "--throughput", "-1",
            "--command-property", "compression.type=lz4", "linger.ms=20");

        using var client = one.Cluster.Connect();
        var batches = client.FetchAll("java-lz4").SelectMany(StoredRecords.Batches).ToList();
        Assert.All(batches, batch => Assert.Equal(CompressionCodec.Lz4, new BatchHeader(batch).Codec));
        Assert.Equal(count, batches.Sum(batch => new BatchHeader(batch).RecordCount));
        Assert.Equal(Enumerable.Range(0, count).Select(number => $"{number}"), Tool(
            "kafka-console-consumer.sh", "--topic", "java-lz4", "--partition", "0", "--offset", "earliest", "--max-messages", $"{count}").TrimEnd('\n').Split('\n'));
    }

    private string Tool(string name, params string[] arguments) => KafkaTools.Run(one.Cluster, name, arguments);
}

/// <summary>Apache Kafka's producer against three replicas.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class KafkaToolsReplicatedTests(ThreeNodes three)
{
    [ToolFact(ClientTool.KafkaTools)]
    public void PerfTest_ThreeReplicas_AreAllStored()
    {
        const int recordBytes = 100;
        KafkaTools.Run(three.Cluster, "kafka-topics.sh", "--create", "--topic", "java-three", "--partitions", "3", "--replication-factor", "3");
        for (var partition = 0; partition < 3; partition++) three.Cluster.WaitForInSync("java-three", partition, 3);

        var report = KafkaTools.Run(
            three.Cluster, "kafka-producer-perf-test.sh",
            "--topic", "java-three", "--num-records", $"{Lines.Count}", "--record-size", $"{recordBytes}", "--throughput", "-1");

        Assert.Contains($"{Lines.Count} records sent", report, StringComparison.Ordinal);
        var stored = Enumerable.Range(0, 3).SelectMany(partition =>
        {
            using var leader = three.Cluster.ConnectToLeader("java-three", partition);
            Assert.True(leader.ListOffset("java-three", partition, ListOffsetsRequest.Latest).Offset > 0, "every partition has its share");
            return leader.ReadAll("java-three", partition);
        }).ToList();
        Assert.Equal(Lines.Count, stored.Count);
        Assert.All(stored, record => Assert.Equal(recordBytes, record.Value.Length));
    }
}

internal static class KafkaTools
{
    // Short runs: a small heap, no parallel collector and no second compiler make them start sooner.
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["KAFKA_HEAP_OPTS"] = "-Xmx256M",
        ["KAFKA_JVM_PERFORMANCE_OPTS"] = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
    };

    public static string Run(BrokerCluster cluster, string name, params string[] arguments) => ClientTools.Run(
        Path.Combine(ClientTools.KafkaHome, "bin", name), ["--bootstrap-server", cluster.Bootstrap, .. arguments], Environment);
}
