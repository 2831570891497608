using Engine.Storage.Read;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.SystemCalls;
using Engine.Tests.Broker.Network.Tls;

namespace Engine.Tests.Interop.Clients;

/// <summary>Foreign clients over TLS: they check the certificate, find every leader by what metadata says, and get back what they sent.</summary>
public sealed class TlsClientTests : IDisposable
{
    private const int Partitions = 3;

    private static readonly string[] NewTopics = ["--set", $"num.partitions={Partitions}", "--set", "default.replication.factor=3"];

    private readonly TestCertificate _certificate = new();

    public static TheoryData<string> ReadPathNames => [.. ReadPaths.Catalog.Strategies.Select(path => path.Name)];

    private string[] KcatOptions => ["-X", "security.protocol=ssl", "-X", $"ssl.ca.location={_certificate.Authority}"];

    public void Dispose() => _certificate.Dispose();

    [ToolTheory(ClientTool.Kcat)]
    [MemberData(nameof(ReadPathNames))]
    public void Kcat_ThreeNodesOverTls_RecordsComeBackIdentical(string read)
    {
        using var cluster = new BrokerCluster(3, [.. _certificate.BrokerOptions, .. NewTopics, "--read", read]);

        // A share to each partition, and so to each leader.
        var shares = Lines.Numbered.Chunk((Lines.Count / Partitions) + 1).ToList();
        for (var partition = 0; partition < Partitions; partition++)
            Kcat.Produce(cluster.Bootstrap, "encrypted", shares[partition], [.. KcatOptions, "-X", "acks=all", "-p", $"{partition}"]);

        for (var partition = 0; partition < Partitions; partition++)
            Assert.Equal(shares[partition], Kcat.Consume(cluster.Bootstrap, "encrypted", partition, options: KcatOptions));
    }

    [ToolFact(ClientTool.KafkaPython)]
    public void KafkaPython_ThreeNodesOverTls_RecordsComeBackIdentical()
    {
        using var cluster = new BrokerCluster(3, [.. _certificate.BrokerOptions, "--network", "threads"]);
        using var folder = new TemporaryFolder();
        var (input, output) = (folder.File("input"), folder.File("output"));
        File.WriteAllLines(input, Lines.Numbered);

        var script = Path.Combine(AppContext.BaseDirectory, "Interop", "Clients", "kafka_python.py");
        ClientTools.Run(ClientTools.Python, [script, cluster.Bootstrap, "encrypted", $"{Partitions}", "3", "all", input, output, _certificate.Authority]);

        var read = File.ReadLines(output).ToLookup(line => line[..line.IndexOf('\t')], line => line[(line.IndexOf('\t') + 1)..]);
        Lines.AssertSame(Lines.Numbered, read.Select(partition => partition.ToList()));
    }

    [ToolFact(ClientTool.KafkaTools)]
    public void KafkaTools_OverTls_RecordsComeBackIdentical()
    {
        using var cluster = new BrokerCluster(1, _certificate.BrokerOptions);
        var settings = _certificate.Write("client.properties", "security.protocol=SSL", "ssl.truststore.type=PEM", $"ssl.truststore.location={_certificate.Authority}");
        const int count = 10_000;

        KafkaTools.Run(cluster, "kafka-topics.sh", "--create", "--topic", "encrypted", "--command-config", settings);
        KafkaTools.Run(
            cluster, "kafka-producer-perf-test.sh", "--topic", "encrypted", "--num-records", $"{count}", "--payload-monotonic", "--throughput", "-1", "--command-config", settings);

        Assert.Equal(Enumerable.Range(0, count).Select(number => $"{number}"), KafkaTools.Run(
            cluster, "kafka-console-consumer.sh", "--topic", "encrypted", "--partition", "0", "--offset", "earliest", "--max-messages", $"{count}",
            "--command-config", settings).TrimEnd('\n').Split('\n'));
    }

    /// <summary>The read path is named sendfile, and the node says that clients do without: seen from outside they do.</summary>
    [ToolFact(ClientTool.Kcat, ClientTool.Strace)]
    public void ReadSendfile_OverTls_NothingIsMovedBySendfile()
    {
        using var trace = new TemporaryFolder();
        var lines = Lines.Numbered[..20_000];
        using (var cluster = new BrokerCluster(1, _ => [.. _certificate.BrokerOptions, "--read", "sendfile"], _ => Strace.Record(trace.File("calls"), "sendfile")))
        {
            Assert.Equal("copied and encrypted, no sendfile", cluster.Node(1).Ready.GetProperty("config").GetProperty("read.clients").GetString());
            Kcat.Produce(cluster.Bootstrap, "encrypted", lines, KcatOptions);
            Assert.Equal(lines, Kcat.Consume(cluster.Bootstrap, "encrypted", 0, options: KcatOptions));
            Assert.Equal(0, cluster.Node(1).Stop());
        }

        Assert.Empty(Strace.Results(trace.File("calls")));
    }

    [ToolFact(ClientTool.Kcat)]
    public void Kcat_ThatTrustsAnother_SendsNothing()
    {
        using var another = new TestCertificate();
        using var cluster = new BrokerCluster(1, _certificate.BrokerOptions);

        using var kcat = new ChildProcess("kcat", ["-L", "-b", cluster.Bootstrap, "-m", "5", "-X", "security.protocol=ssl", "-X", $"ssl.ca.location={another.Authority}"]);

        Assert.NotEqual(0, kcat.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Contains("certificate verify failed", kcat.Errors, StringComparison.Ordinal);
    }
}
