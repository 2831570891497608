using Harness.Load;
using Harness.Load.Running;
using Harness.Nodes;
using Harness.Plans;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Tests.Systems.Kafka;

/// <summary>The real Apache Kafka as processes.</summary>
public sealed class ApacheKafkaTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Enough for a node that holds next to nothing.</summary>
    private static readonly ClusterPlan OneNode = new ClusterPlan { System = "kafka", Nodes = 1, Replication = 1, MinInSync = 1 }
        .WithEnvironment("KAFKA_HEAP_OPTS", "-Xmx256M -Xms256M");

    private readonly ApacheKafka _kafka = ApacheKafka.AsShipped();
    private readonly string _folder = Directory.CreateTempSubdirectory("testbed-kafka-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [KafkaFact]
    public async Task Cluster_OfOneNode_TakesLoadTellsItsConfigurationAndGoesOnAfterACrash()
    {
        await using var cluster = await Start(OneNode.WithStrategy("flush", "every-batch").WithSetting("segment.bytes", "1048576"));

        var settings = cluster.Nodes[0].Settings;
        Assert.Equal("every-batch", settings["flush"]);
        Assert.Equal("1048576", settings["log.segment.bytes"]);
        Assert.Equal("8", settings["num.io.threads"]);
        Assert.Contains("-Xmx256M", settings["java.flags"]);
        Assert.Contains("log.cleaner.threads=1\n", await File.ReadAllTextAsync(Path.Combine(_folder, "logs", "node-1.properties")));

        using var admin = new AdminClient([cluster.Bootstrap], Patience);
        admin.CreateTopic("t", partitions: 1, replicationFactor: 1, _kafka.ShortLivedTopic(OneNode));
        admin.WaitUntilReady("t", Patience);
        Assert.Equal(LoadWorker.Succeeded, LoadWorker.Run(Job(cluster), _ => { }, new RunControl()));

        await cluster.Kill(1);
        await cluster.Restart(1, CancellationToken.None);
        admin.WaitUntilReady("t", Patience);

        Assert.Equal([1000L], admin.EndOffsets("t"));
        Assert.Empty(await cluster.Stop());
    }

    [KafkaFact]
    public async Task StartNode_SettingThatKafkaDoesNotKnow_IsRefusedAndNothingRuns()
    {
        var error = await Assert.ThrowsAsync<NodeRefusedException>(() => Start(OneNode.WithSetting("no.such.setting", "1")));

        Assert.EndsWith("Kafka knows no setting 'no.such.setting'", error.Message);
    }

    [KafkaFact]
    public async Task StartNode_ValueThatKafkaRefuses_FailsWithTheEndOfItsLog()
    {
        var error = await Assert.ThrowsAnyAsync<NodeFailedException>(() => Start(OneNode.WithSetting("num.io.threads", "none")));

        Assert.Contains("num.io.threads", error.Message);
    }

    [Fact]
    public async Task Start_WithoutKafka_SaysWhatIsMissingAndStartsNothing()
    {
        var absent = ApacheKafka.AsShipped(_ => null);

        var error = await Assert.ThrowsAsync<NodeFailedException>(() => Cluster.Start(absent, OneNode, Data, Logs, 0, CancellationToken.None));

        Assert.StartsWith("kafka is not here: KAFKA_HOME is not set", error.Message);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void Arrange_ThreeNodes_AgreeOnOneQuorumAndOnDifferentPorts()
    {
        var places = _kafka.Arrange(OneNode with { Nodes = 3 }, [.. Enumerable.Range(1, 3).Select(id => new NodePlace(id, id == 1 ? 19092 : 0, "", "", ""))]);

        Assert.Equal(19092, places[0].Port);
        Assert.Equal(6, places.SelectMany(place => new[] { place.Port, place.Quorum!.ControllerPort }).Distinct().Count());
        Assert.All(places, place => Assert.Equal(places.Select(voter => $"{voter.NodeId}@127.0.0.1:{voter.Quorum!.ControllerPort}"), place.Quorum!.Voters));
        Assert.Equal(22, Assert.Single(places.Select(place => place.Quorum!.ClusterId).Distinct()).Length);
    }

    [Theory]
    [InlineData("kill(controller, at=1s)", "names any broker as controller")]
    [InlineData("delay(leader, at=1s)", "not be slow")]
    public void Problems_FaultThatKafkaCannotHave_AreNamed(string fault, string reason) =>
        Assert.Contains(reason, Assert.Single(_kafka.Problems(TestPlanOf(fault))));

    [Theory]
    [InlineData("kill(leader, at=1s)")]
    [InlineData("pause(follower, at=1s)")]
    public void Problems_FaultOfAnyProcess_AreNone(string fault) => Assert.Empty(_kafka.Problems(TestPlanOf(fault)));

    private string Data => Path.Combine(_folder, "data");

    private string Logs => Path.Combine(_folder, "logs");

    private static Plan TestPlanOf(string fault) => new()
    {
        Cluster = OneNode with { Nodes = 3, Replication = 3 },
        Load = new ProduceLoad(),
        Faults = Harness.Faults.FaultScript.Parse(fault),
        Schedule = new(TimeSpan.Zero, TimeSpan.FromSeconds(10), 1),
    };

    private Task<Cluster> Start(ClusterPlan plan) => Cluster.Start(_kafka, plan, Data, Logs, firstPort: 0, CancellationToken.None);

    private static LoadSpec Job(Cluster cluster) => new()
    {
        Bootstrap = [cluster.Bootstrap],
        Topic = "t",
        Produce = new ProduceSpec { Arrival = Arrival.Closed, MaxRecords = 1000 },
        Consume = new ConsumeSpec(),
        Warmup = TimeSpan.Zero,
        Duration = Patience,
    };
}
