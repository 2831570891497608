using System.Text;
using System.Text.RegularExpressions;
using Engine.Protocol.Messages;
using Engine.Protocol.Records;
using Engine.Tests.Interop.Clients;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop;

/// <summary>Compacted topics as clients see them.</summary>
public sealed class CompactionTests
{
    private const int Keys = 20;

    private static readonly TopicSetting[] Compacted =
        [new("cleanup.policy", "compact"), new("segment.bytes", "16384"), new("min.cleanable.dirty.ratio", "0.01")];

    [ToolTheory(ClientTool.Kcat)]
    [InlineData("none")]
    [InlineData("gzip")]
    [InlineData("snappy")]
    public void Kcat_CompactedTopic_ReadsEachKeysLastValueAtItsOffset(string codec)
    {
        using var cluster = new BrokerCluster(1, "--set", "log.cleaner.backoff.ms=50");
        cluster.CreateTopic("last", settings: Compacted);
        var lines = Produce(cluster, "last", from: 0, count: codec == "none" ? 20_000 : 50_000, codec: codec);
        WaitUntilCompacted(cluster, "last");

        var read = ClientTools.Run("kcat", ["-C", "-b", cluster.Bootstrap, "-t", "last", "-p", "0", "-o", "beginning", "-e", "-q", "-f", "%o %k=%s\\n"]).TrimEnd('\n').Split('\n');

        Assert.Equal(Last(lines), LastOf(read));
        Assert.InRange(read.Length, Keys, lines.Count / 4);
        Assert.All(read, line => Assert.Equal(lines[int.Parse(line[..line.IndexOf(' ')])], line[(line.IndexOf(' ') + 1)..]));
        using var client = cluster.Connect();
        Assert.Equal(lines.Count, client.ListOffset("last", 0, ListOffsetsRequest.Latest).Offset);
    }

    [ToolFact(ClientTool.Kcat, ClientTool.KafkaPython, ClientTool.KafkaTools)]
    public void PythonAndJava_CompactedTopicAfterAKill_ReadTheSame()
    {
        using var cluster = new BrokerCluster(1, "--set", "log.cleaner.backoff.ms=50");
        cluster.CreateTopic("others", settings: Compacted);
        var lines = Produce(cluster, "others", from: 0, count: 20_000);
        WaitUntilCompacted(cluster, "others");
        cluster.Node(1).Kill();
        cluster.Restart(1);

        const string script = """
            import sys
            from kafka import KafkaConsumer, TopicPartition
            consumer = KafkaConsumer(bootstrap_servers=sys.argv[1], enable_auto_commit=False)
            partition = TopicPartition(sys.argv[2], 0)
            consumer.assign([partition])
            consumer.seek_to_beginning()
            end = consumer.end_offsets([partition])[partition]
            while consumer.position(partition) < end:
                for records in consumer.poll(timeout_ms=1000).values():
                    for record in records:
                        print("%d %s=%s" % (record.offset, record.key.decode(), record.value.decode()))
            """;
        var python = ClientTools.Run(ClientTools.Python, ["-c", script, cluster.Bootstrap, "others"]).TrimEnd('\n').Split('\n');
        var java = KafkaTools.Run(
            cluster, "kafka-console-consumer.sh", "--topic", "others", "--partition", "0", "--offset", "earliest", "--max-messages", $"{python.Length}",
            "--formatter-property", "print.offset=true", "--formatter-property", "print.key=true", "--formatter-property", "key.separator==").TrimEnd('\n').Split('\n');

        Assert.Equal(Last(lines), LastOf(python));
        Assert.InRange(python.Length, Keys, lines.Count / 4);
        Assert.Equal(python, java.Select(line => Regex.Replace(line, "^Offset:([0-9]+)=", "$1 ")));
    }

    /// <summary>A replica that begins after compaction gets the gaps from its leader, and serves the same when it leads.</summary>
    [ToolFact(ClientTool.Kcat)]
    public void Follower_ThatLostItsLog_TakesWhatCompactionLeftAndCanLead()
    {
        using var cluster = new BrokerCluster(2, "--set", "log.cleaner.backoff.ms=50", "--set", "replica.lag.time.max.ms=3000");
        cluster.CreateTopic("copied", replicas: 2, settings: Compacted);
        var leader = cluster.LeaderOf("copied");
        var follower = 3 - leader;
        var lines = Produce(cluster, "copied", from: 0, count: 20_000);
        Assert.Equal(0, cluster.Node(follower).Stop());
        Directory.Delete(Path.GetDirectoryName(cluster.LogFile(follower, "copied"))!, recursive: true);
        lines.AddRange(Produce(cluster, "copied", from: lines.Count, count: 5000, acks: "1"));
        cluster.WaitForInSync("copied", 0, 1);
        WaitUntilCompacted(cluster, "copied", leader);

        cluster.Restart(follower);
        cluster.WaitForInSync("copied", 0, 2);
        // A node that comes back with nothing leaves its leaderships to those that have something.
        cluster.Node(leader).Kill();
        Directory.Delete(cluster.DataFolder(leader), recursive: true);
        cluster.Restart(leader);
        Until.True(() => cluster.LeaderOf("copied") == follower, "the replica that began later leads");
        using var client = cluster.Connect(follower);
        var read = client.FetchAll("copied").SelectMany(StoredRecords.Batches).SelectMany(Records).ToList();

        Assert.Equal(Last(lines), LastOf(read));
        Assert.InRange(read.Count, Keys, lines.Count / 4);
    }

    /// <summary>Lines of "key=value", each value the record's number.</summary>
    private static List<string> Produce(BrokerCluster cluster, string topic, int from, int count, string acks = "all", string codec = "none")
    {
        var lines = Enumerable.Range(from, count).Select(number => $"key{number * 7 % Keys}={number}").ToList();
        Kcat.Produce(cluster.Bootstrap, topic, lines, "-K", "=", "-p", "0", "-X", $"acks={acks}", "-X", "batch.size=2000", "-z", codec);
        return lines;
    }

    /// <summary>Waits until all closed segments are compacted: from then on nothing changes without further records.</summary>
    private static void WaitUntilCompacted(BrokerCluster cluster, string topic, int node = 1)
    {
        var folder = Path.GetDirectoryName(cluster.LogFile(node, topic))!;
        var cleaned = Path.Combine(folder, "cleaned-offset");
        Until.True(
            () => File.Exists(cleaned) && long.TryParse(File.ReadAllText(cleaned), out var offset) && offset > 0 && Segments()[^1] == $"{offset:D20}.log",
            () => $"{topic} is compacted: {string.Join(", ", Segments())}: {cluster.Node(node).Errors}");

        string[] Segments() => [.. Directory.GetFiles(folder, "*.log").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
    }

    private static Dictionary<string, string> Last(IEnumerable<string> lines) =>
        lines.GroupBy(line => line[..line.IndexOf('=')]).ToDictionary(same => same.Key, same => same.Last());

    /// <summary>The same of lines that begin with an offset.</summary>
    private static Dictionary<string, string> LastOf(IEnumerable<string> lines) => Last(lines.Select(line => line[(line.IndexOf(' ') + 1)..]));

    private static List<string> Records(byte[] batch)
    {
        var records = new List<string>();
        foreach (var record in new RecordReader(batch))
            records.Add($"{record.Offset} {Encoding.UTF8.GetString(record.Key)}={Encoding.UTF8.GetString(record.Value)}");
        return records;
    }
}
