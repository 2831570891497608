using Engine.Protocol.Messages;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Interop.Clients;

/// <summary>Foreign producers find the new leader when theirs is killed, and every record they were to send is stored.</summary>
[Collection(ThreeNodes.Tests)]
public sealed class FailoverClientTests(ThreeNodes three) : IDisposable
{
    private const int Count = 1500;

    private readonly BrokerCluster _cluster = three.Cluster;
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-failover-").FullName;

    // Made once the leader is dead: until then producers keep half of the records, however slow this machine is.
    private string Go => Path.Combine(_folder, "go");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>librdkafka, idempotent: not even a retry whose first try was stored is stored twice.</summary>
    [ToolFact(ClientTool.Kcat)]
    public void Kcat_LeaderKilled_EachRecordIsStoredOnce()
    {
        var stored = ProduceThroughTheDeathOfTheLeader(
            "kcat-failover", "bash", "-c",
            $"for ((i = 0; i < {Count}; i++)); do ((i == {Count / 2})) && until [ -e {Go} ]; do sleep 0.01; done; echo $i; done | " +
            $"kcat -P -b {_cluster.Bootstrap} -t kcat-failover -p 0 -X enable.idempotence=true -X linger.ms=1 -X message.timeout.ms=60000");
        Assert.Equal(Numbers, stored);
    }

    [ToolFact(ClientTool.KafkaTools)]
    public void Java_LeaderKilled_EachRecordIsStoredOnce()
    {
        // It cannot be told to wait; 15 s of sending are far more than it takes to see that it is at it.
        var stored = ProduceThroughTheDeathOfTheLeader(
            "java-failover", Path.Combine(ClientTools.KafkaHome, "bin", "kafka-producer-perf-test.sh"),
            "--bootstrap-server", _cluster.Bootstrap, "--topic", "java-failover", "--num-records", $"{Count}", "--payload-monotonic", "--throughput", "100");
        Assert.Equal(Numbers, stored);
    }

    /// <summary>Not idempotent: a record whose answer was lost with the leader is sent again.</summary>
    [ToolFact(ClientTool.KafkaPython)]
    public void KafkaPython_LeaderKilled_EachRecordIsStored()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "kafka_failover.py");
        var stored = ProduceThroughTheDeathOfTheLeader("python-failover", ClientTools.Python, script, _cluster.Bootstrap, "python-failover", $"{Count}", Go);
        Assert.Equal(Numbers, stored.Distinct());
    }

    [ToolFact(ClientTool.KafkaJs)]
    public void KafkaJs_LeaderKilled_EachRecordIsStored()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "kafkajs_failover.js");
        var stored = ProduceThroughTheDeathOfTheLeader("kafkajs-failover", "node", script, _cluster.Bootstrap, "kafkajs-failover", $"{Count}", Go);
        Assert.Equal(Numbers, stored.Distinct());
    }

    private static IEnumerable<string> Numbers => Enumerable.Range(0, Count).Select(number => $"{number}");

    private List<string> ProduceThroughTheDeathOfTheLeader(string topic, string file, params string[] arguments)
    {
        _cluster.CreateTopic(topic, 1, 3, new TopicSetting("min.insync.replicas", "2"));
        var killed = _cluster.LeaderOf(topic);
        using (var producer = new ChildProcess(file, arguments, new Dictionary<string, string> { ["NODE_PATH"] = ClientTools.KafkaJsModules }))
        {
            using (var leader = _cluster.Connect(killed))
                Until.True(() => leader.ListOffset(topic, 0, ListOffsetsRequest.Latest).Offset > Count / 10, () => $"{file} is at it: {producer.ErrorsTail}");
            Assert.False(producer.HasExited);
            _cluster.Node(killed).Kill();
            File.WriteAllText(Go, "");
            Assert.True(producer.WaitForExit(TimeSpan.FromSeconds(90)) == 0, $"{file} sent everything: {producer.ErrorsTail}");
        }

        using var successor = _cluster.ConnectToLeader(topic);
        var stored = successor.ReadAll(topic).Select(record => record.Value).ToList();
        _cluster.Restart(killed);
        _cluster.WaitForInSync(topic, 0, 3);
        return stored;
    }
}
