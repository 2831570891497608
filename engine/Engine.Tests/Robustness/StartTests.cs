using System.Net;
using System.Net.Sockets;
using Engine.Broker.Checks;
using Engine.Broker.Network;
using Engine.Broker.Replication;
using Engine.Core;
using Engine.Core.Acks;
using Engine.Core.Strategies;
using Engine.Storage.Cache;
using Engine.Storage.Flush;
using Engine.Storage.Read;
using Engine.Storage.Write;
using Engine.Tests.Interop.Processes;
using Engine.Tests.Interop.Raw;

namespace Engine.Tests.Robustness;

/// <summary>A node that cannot start says why in one clear line, ends with exit code 2 and leaves nothing behind.</summary>
public sealed class StartTests : IDisposable
{
    private const int Unusable = 2;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--reed", "sendfile", "--reed", "--read", "--flush")]
    [InlineData("--flush", "interval(evry=100ms)", "evry", "interval")]
    [InlineData("--flush", "interval(100 parsecs)", "parsecs", "interval")]
    [InlineData("--flush", "interval(", "interval(")]
    [InlineData("--set", "replica.lag=1", "replica.lag", "replica.lag.time.max.ms")]
    [InlineData("--set", "segment.bytes=many", "segment.bytes", "many")]
    [InlineData("--set", "timeouts=loose", "loose", "default", "tight")]
    [InlineData("--set", "nonsense", "nonsense", "key=value")]
    [InlineData("--listen", "nowhere", "nowhere", "127.0.0.1:")]
    public void Start_OptionThatIsNotThere_NamesWhatIs(string option, string value, params string[] expected)
    {
        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, Data(), Cluster(), option, value));

        AssertOneLine(exitCode, output, errors, expected);
        Assert.False(Directory.Exists(Data()), "no folder is made");
        Assert.False(Directory.Exists(Cluster()), "no folder is made");
    }

    [Theory]
    [InlineData("read")]
    [InlineData("write")]
    [InlineData("flush")]
    [InlineData("cache")]
    [InlineData("network")]
    [InlineData("check", "--check-batches")]
    [InlineData("acks")]
    [InlineData("replication")]
    public void Start_StrategyThatIsNotThere_NamesAllThereAre(string seam, string? option = null)
    {
        IStrategyCatalog[] catalogs = [ReadPaths.Catalog, WritePaths.Catalog, FlushPolicies.Catalog, BatchCaches.Catalog, Transports.Catalog, BatchChecks.Catalog, AckRules.Catalog, Replications.Catalog];
        var known = catalogs.Single(catalog => catalog.Seam == seam).Strategies.Select(strategy => strategy.Name);

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, Data(), Cluster(), option ?? $"--{seam}", "teleport"));

        AssertOneLine(exitCode, output, errors, ["teleport", .. known]);
    }

    [Fact]
    public void Start_SeveralProblems_NamesThemAll()
    {
        var (exitCode, _, errors) = BrokerProcess.StartRefused(new(1, Data(), Cluster(), "--read", "teleport", "--flush", "never-ever", "--set", "nonsense"));

        Assert.Equal(Unusable, exitCode);
        Assert.Equal(3, errors.Length);
    }

    [Theory]
    [InlineData("--listen")]
    [InlineData("--inter-broker")]
    public void Start_PortInUse_SaysWhich(string option)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var endpoint = taken.LocalEndpoint.ToString()!;

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, Data(), Cluster(), option, endpoint));

        AssertOneLine(exitCode, output, errors, endpoint);
    }

    [Fact]
    public void Start_DataFolderOfARunningNode_IsRefusedAndTheNodeLivesOn()
    {
        using var running = BrokerProcess.Start(new(1, Data(), Cluster()));

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(2, Data(), _folder.File("other-cluster")));

        AssertOneLine(exitCode, output, errors, Data());
        using var client = new RawClient(running.ClientEndpoint);
        Assert.Equal(ErrorCode.None, client.ApiVersions().Error);
    }

    [Fact]
    public void Start_NodeIdOfARunningNode_IsRefusedAndTheNodeLivesOn()
    {
        using var running = BrokerProcess.Start(new(1, Data(), Cluster()));

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, _folder.File("other-data"), Cluster()));

        AssertOneLine(exitCode, output, errors, "1");
        using var client = new RawClient(running.ClientEndpoint);
        Assert.Equal(ErrorCode.None, client.ApiVersions().Error);
        Assert.Equal(running.ClientEndpoint.Port, Assert.Single(client.Metadata().Brokers).Port);
    }

    [Fact]
    public void Start_ForeignDataFolder_IsRefusedAndLeftAlone()
    {
        Directory.CreateDirectory(Data());
        var thesis = Path.Combine(Data(), "thesis.txt");
        File.WriteAllText(thesis, "years of work");

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, Data(), Cluster()));

        AssertOneLine(exitCode, output, errors, Data());
        Assert.Equal([thesis], Directory.GetFileSystemEntries(Data()));
        Assert.Equal("years of work", File.ReadAllText(thesis));
    }

    [Fact]
    public void Start_DataFolderUnderAFile_IsRefused()
    {
        var file = _folder.File("file");
        File.WriteAllText(file, "");

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(1, Path.Combine(file, "data"), Cluster()));

        AssertOneLine(exitCode, output, errors, Path.Combine(file, "data"));
    }

    [Fact]
    public void Start_DataFolderOfAnotherNode_IsRefused()
    {
        using (var first = BrokerProcess.Start(new(1, Data(), Cluster()))) Assert.Equal(0, first.Stop());

        var (exitCode, output, errors) = BrokerProcess.StartRefused(new(2, Data(), Cluster()));

        AssertOneLine(exitCode, output, errors, Data());
    }

    [Fact]
    public void Start_AfterACleanStop_GoesOnWithWhatIsThere()
    {
        using var first = BrokerProcess.Start(new(1, Data(), Cluster(), "--flush", "group-commit"));
        using (var client = new RawClient(first.ClientEndpoint))
        {
            Assert.Equal(ErrorCode.None, client.CreateTopic("kept").Error);
            Assert.Equal(ErrorCode.None, client.Produce("kept", 0, RecordBatch.Of("before")).Error);
        }

        Assert.Equal(0, first.Stop());
        using var second = first.Restart();
        using var again = new RawClient(second.ClientEndpoint);
        Assert.Equal(1, again.Produce("kept", 0, RecordBatch.Of("after")).BaseOffset);
        Assert.Equal(["before", "after"], again.ReadAll("kept").Select(record => record.Value));
    }

    [Fact]
    public void Ready_NamesThePortsAndTheResolvedConfiguration()
    {
        using var node = BrokerProcess.Start(new(7, Data(), Cluster(), "--read", "positioned", "--set", "segment.bytes=65536"));

        Assert.Equal(7, node.Ready.GetProperty("nodeId").GetInt32());
        Assert.True(IPAddress.IsLoopback(node.ClientEndpoint.Address), "loopback unless told otherwise");
        Assert.NotEqual(node.ClientEndpoint.Port, node.InterBrokerEndpoint.Port);
        var config = node.Ready.GetProperty("config");
        Assert.StartsWith("positioned", config.GetProperty("read").GetString(), StringComparison.Ordinal);
        Assert.Equal("65536", config.GetProperty("segment.bytes").GetString());
    }

    private string Data() => _folder.File("data");

    private string Cluster() => _folder.File("cluster");

    private static void AssertOneLine(int exitCode, string output, string[] errors, params string[] expected)
    {
        var line = Assert.Single(errors);
        Assert.All(expected, part => Assert.Contains(part, line, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        Assert.Equal(Unusable, exitCode);
        Assert.Empty(output);
    }
}
