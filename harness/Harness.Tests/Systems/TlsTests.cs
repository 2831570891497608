using System.Security.Cryptography.X509Certificates;
using Harness.Cli;
using Harness.Load;
using Harness.Load.Running;
using Harness.Load.Wire;
using Harness.Plans;
using Harness.Systems;
using Cluster = Harness.Systems.Cluster;

namespace Harness.Tests.Systems;

/// <summary>Nodes that speak TLS to clients, each with the certificate that was made for them, and clients that look at it.</summary>
public sealed class TlsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Make_Files_NameEveryHostAndAreVouchedFor()
    {
        var files = TlsFiles.Make(Path.Combine(_folder, "made"), ["10.1.2.3", "node-a.lab"]);
        using var node = X509Certificate2.CreateFromPemFile(files.Keystore, files.Keystore);

        Assert.All(["10.1.2.3", "node-a.lab", "localhost"], host => Assert.True(node.MatchesHostname(host), host));
        Assert.False(node.MatchesHostname("10.1.2.4"));
        Assert.True(IsVouchedFor(node, files.Authority));
        Assert.False(IsVouchedFor(node, TlsFiles.Make(Path.Combine(_folder, "others"), ["10.1.2.3"]).Authority));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(files.Keystore));
        Assert.DoesNotContain("PRIVATE", File.ReadAllText(files.Authority));
    }

    /// <summary>What is sent over TLS to two leaders is read back over TLS in every way of reading.</summary>
    [Theory]
    [InlineData(ClientTls.Tls12, Reading.Verify)]
    [InlineData(ClientTls.Tls13, Reading.Verify)]
    [InlineData(ClientTls.Tls13, Reading.Count)]
    [InlineData(ClientTls.Tls13, Reading.Discard)]
    public async Task Load_OverTls_IsReadBackWhole(ClientTls tls, Reading reading)
    {
        const int records = 20_000;
        await using var cluster = await Start(new ClusterPlan { Nodes = 2, Replication = 2, MinInSync = 2, Tls = tls });
        Assert.All(cluster.Nodes, node => Assert.Equal(("SSL", tls.Version()), (node.Settings["security.protocol"], node.Settings["ssl.enabled.protocols"])));
        using (var admin = new AdminClient([cluster.Nodes[0].Endpoint], Patience))
        {
            admin.CreateTopic("t", partitions: 4, replicationFactor: 2);
            admin.WaitUntilReady("t", Patience);
            Assert.Equal(2, admin.DescribeTopic("t").Partitions.Select(partition => partition.LeaderId).Distinct().Count());
        }

        var spec = new LoadSpec
        {
            Bootstrap = [cluster.Nodes[0].Endpoint],
            Topic = "t",
            Produce = new() { Arrival = Arrival.Closed, MaxRecords = records, RecordSize = "uniform(10B, 3000B)" },
            Consume = new() { Reading = Reading.Verify, FetchMaxBytes = 5 << 20 },
            Warmup = TimeSpan.Zero,
            Duration = TimeSpan.FromSeconds(30),
        };
        var sent = Run(spec);
        Assert.Equal(records, sent.Produce!.Totals.Acked);
        Assert.Equal(records, sent.Verification!.Read);
        if (reading == Reading.Verify) return;

        var read = Run(spec with { Produce = null, Consume = new() { When = ConsumeWhen.Only, Reading = reading, PartitionMaxBytes = 300_000 } });
        Assert.Equal(records, read.Consume!.Records);
    }

    [Fact]
    public async Task Client_WhoseAuthorityIsAnother_OrWhoSpeaksPlaintext_DoesNotConnect()
    {
        await using var cluster = await Start(new ClusterPlan { Nodes = 1, Replication = 1, MinInSync = 1, Tls = ClientTls.Tls13 });
        var place = cluster.Nodes[0].Place;
        var others = TlsFiles.Make(Path.Combine(_folder, "others"), [place.Host]);

        var stranger = Assert.Throws<LoadException>(() => Ask(BrokerAddress.Text(place.Host, place.Port, others.Authority)));
        Assert.Contains("no TLS with", stranger.Message);
        Assert.Throws<LoadException>(() => new Link(BrokerAddress.Parse(BrokerAddress.Text(place.Host, place.Port, others.Authority))!, Patience).Dispose());
        Assert.Throws<LoadException>(() => Ask($"{place.Host}:{place.Port}"));
        Assert.Contains("nowhere.pem", Assert.Throws<LoadException>(() => Ask(BrokerAddress.Text(place.Host, place.Port, "/nowhere.pem"))).Message);
        Assert.Equal([1], Ask(cluster.Nodes[0].Endpoint));
    }

    private static IReadOnlyList<int> Ask(string address)
    {
        using var admin = new AdminClient([address], Patience);
        return admin.BrokerIds;
    }

    private static bool IsVouchedFor(X509Certificate2 node, string authority)
    {
        using var chain = new X509Chain { ChainPolicy = { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
        chain.ChainPolicy.CustomTrustStore.ImportFromPemFile(authority);
        return chain.Build(node);
    }

    private static LoadReport Run(LoadSpec spec)
    {
        var report = new LoadRun(spec, _ => { }, new RunControl()).Execute();
        Assert.Empty(report.Problems);
        Assert.False(report.Failed);
        return report;
    }

    private Task<Cluster> Start(ClusterPlan plan) => Cluster.Start(
        new TestbedEngine(Checkout.BrokerAssembly), plan, Path.Combine(_folder, "data"), Path.Combine(_folder, "logs"), firstPort: 0, CancellationToken.None);
}
