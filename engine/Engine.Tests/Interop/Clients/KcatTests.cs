using System.Text;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Clients;

/// <summary>kcat, which is librdkafka, against one node.</summary>
[Collection(OneNode.Tests)]
public sealed class KcatTests(OneNode one)
{
    private const int Partitions = 3;

    [ToolTheory(ClientTool.Kcat)]
    [InlineData("1")]
    [InlineData("all")]
    public void ProduceAndConsume_AHundredThousandRecords_ComeBackIdentical(string acks)
    {
        var topic = $"kcat-{acks}";
        one.Cluster.CreateTopic(topic, Partitions);

        Kcat.Produce(one.Cluster.Bootstrap, topic, Lines.Numbered, "-X", $"acks={acks}");

        Lines.AssertSame(Lines.Numbered, Enumerable.Range(0, Partitions).Select(partition => Kcat.Consume(one.Cluster.Bootstrap, topic, partition)));
    }

    [ToolFact(ClientTool.Kcat)]
    public void Produce_TopicThatIsNotThere_CreatesIt()
    {
        Kcat.Produce(one.Cluster.Bootstrap, "kcat-new", ["000000 first", "000001 second"]);

        Assert.Equal(["000000 first", "000001 second"], Kcat.Consume(one.Cluster.Bootstrap, "kcat-new", 0));
    }

    [ToolTheory(ClientTool.Kcat)]
    [InlineData("gzip", CompressionCodec.Gzip)]
    [InlineData("snappy", CompressionCodec.Snappy)]
    [InlineData("zstd", CompressionCodec.Zstd)]
    public void Produce_Compressed_IsStoredAsSentAndReadBack(string name, CompressionCodec codec)
    {
        var topic = $"kcat-{name}";
        var lines = Lines.Numbered[..10_000];
        one.Cluster.CreateTopic(topic);

        Kcat.Produce(one.Cluster.Bootstrap, topic, lines, "-z", name, "-X", "linger.ms=500");

        using var client = one.Cluster.Connect();
        var batches = client.FetchAll(topic).SelectMany(StoredRecords.Batches).ToList();
        Assert.Equal(lines.Length, batches.Sum(batch => new BatchHeader(batch).RecordCount));
        // It sends a batch as it is where compression would make it larger, as for one or two records.
        Assert.All(batches.Where(batch => new BatchHeader(batch).RecordCount >= 50), batch => Assert.Equal(codec, new BatchHeader(batch).Codec));
        Assert.True(batches.Sum(batch => batch.Length) < lines.Sum(Encoding.UTF8.GetByteCount), "it is smaller than its records");
        Assert.Equal(lines, Kcat.Consume(one.Cluster.Bootstrap, topic, 0));
    }

    [ToolFact(ClientTool.Kcat)]
    public void Consume_FromATimestamp_BeginsAtItsRecord()
    {
        one.Cluster.CreateTopic("kcat-time");
        using var client = one.Cluster.Connect();
        foreach (var second in (int[])[10, 20, 30])
            client.Produce("kcat-time", 0, new RecordBatch($"at {second}") { TimestampMs = second * 1000 }.ToBytes());

        Assert.Equal(["at 20", "at 30"], Kcat.Consume(one.Cluster.Bootstrap, "kcat-time", 0, offset: "s@15000"));
    }
}

/// <summary>kcat against three replicas.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class KcatReplicatedTests(ThreeNodes three)
{
    [ToolTheory(ClientTool.Kcat)]
    [InlineData("1")]
    [InlineData("all")]
    public void ProduceAndConsume_ThreeReplicas_ComeBackIdentical(string acks)
    {
        var topic = $"kcat-three-{acks}";
        three.Cluster.CreateTopic(topic, partitions: 3, replicas: 3);

        Kcat.Produce(three.Cluster.Bootstrap, topic, Lines.Numbered, "-X", $"acks={acks}");

        // Answered by the leader alone, the last records may take a moment to be visible to consumers.
        if (acks == "1") Until.True(() => Visible(topic) == Lines.Count, "followers have all records");
        Lines.AssertSame(Lines.Numbered, Enumerable.Range(0, 3).Select(partition => Kcat.Consume(three.Cluster.Bootstrap, topic, partition)));
    }

    private long Visible(string topic) => Enumerable.Range(0, 3).Sum(partition =>
    {
        using var leader = three.Cluster.ConnectToLeader(topic, partition);
        return leader.ListOffset(topic, partition, ListOffsetsRequest.Latest).Offset;
    });
}

/// <summary>The two ways kcat is called.</summary>
internal static class Kcat
{
    /// <summary>Produces each line as a record.</summary>
    public static void Produce(string bootstrap, string topic, IReadOnlyList<string> lines, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("lines");
        File.WriteAllLines(file, lines);
        ClientTools.Run("kcat", ["-P", "-b", bootstrap, "-t", topic, "-l", .. options, file]);
    }

    /// <summary>Reads a partition from an offset to its end; it may hold nothing, as kcat puts whole batches where it likes.</summary>
    public static string[] Consume(string bootstrap, string topic, int partition, string offset = "beginning", params string[] options)
    {
        var read = ClientTools.Run("kcat", ["-C", "-b", bootstrap, "-t", topic, "-p", $"{partition}", "-o", offset, "-e", "-q", .. options]);
        return read.Length == 0 ? [] : read.TrimEnd('\n').Split('\n');
    }
}
