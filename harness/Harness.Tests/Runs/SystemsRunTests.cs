using Harness.Cli;
using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Systems;
using Harness.Systems.Kafka;
using Harness.Tests.Plans;
using Harness.Tests.Systems.Kafka;

namespace Harness.Tests.Runs;

/// <summary>Campaigns over several systems.</summary>
public sealed class SystemsRunTests : IDisposable
{
    private static readonly Schedule Brief = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 1);

    private readonly RunningCampaign _campaign = new();

    public void Dispose() => _campaign.Dispose();

    [Fact]
    public async Task Run_SystemThatIsNotHere_SkipsItsCellsWithTheReasonAndMeasuresTheOthers()
    {
        var result = await _campaign.Run(TestPlans.Of(PlanOf("testbed", "kafka")), system: new ChosenSystem(new TestbedEngine(Checkout.BrokerAssembly), ApacheKafka.AsShipped(_ => null)));

        Assert.False(result.Sound);
        RunningCampaign.AssertMeasured(result.Folder.Runs.Single(run => run.System == "testbed"));
        var skipped = result.Folder.Runs.Single(run => run.System == "kafka");
        Assert.False(skipped.Sound);
        Assert.StartsWith("kafka is not here: KAFKA_HOME is not set", skipped.Reason);
    }

    [Fact]
    public async Task Run_NodesToBeWarmedUp_ServeTopicsThatGoAgainFirst()
    {
        var plan = PlanOf("testbed") with { Cluster = OneNode with { Warmup = TimeSpan.FromSeconds(1) } };

        var result = await _campaign.Run(TestPlans.Of(plan));

        RunningCampaign.AssertMeasured(Assert.Single(result.Folder.Runs));
        Assert.StartsWith("1 x 1s, at last ", Assert.Single(result.Folder.Plan.Nodes).Settings["harness.warmup"]);
        Assert.Contains(result.Folder.Plan.Caveats, caveat => caveat.StartsWith("Nodes of testbed were under load for at least 1s", StringComparison.Ordinal));
    }

    [KafkaFact]
    public async Task Run_KafkaOfOneNode_GivesFiguresOfItsProcessAndLeavesNothing()
    {
        var plan = PlanOf("kafka") with
        {
            Cluster = OneNode.WithEnvironment("KAFKA_HEAP_OPTS", "-Xmx256M -Xms256M") with { Warmup = TimeSpan.FromSeconds(1) },
        };

        var result = await _campaign.Run(TestPlans.Of(plan), system: new ChosenSystem(ApacheKafka.AsShipped()));

        var run = Assert.Single(result.Folder.Runs);
        RunningCampaign.AssertMeasured(run);
        Assert.Equal("kafka", run.System);
        Assert.Equal("acks=all, RF 1, min in-sync 1, flush os-cache", run.Durability);
        Assert.Equal(0, run.Lost);
        Assert.True(run.Verified > 0);
        Assert.True(run.Role(ProcessRole.Leader)!.RssMaxBytes > 64 << 20, "a JVM has more");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_campaign.WorkFolder));
    }

    private static ClusterPlan OneNode => new() { Nodes = 1, Replication = 1, MinInSync = 1 };

    private static Plan PlanOf(params string[] systems) => new()
    {
        Cluster = OneNode,
        Load = new ProduceLoad { Send = new ProduceSpec { RecordsPerSecond = 1000 } },
        Vary = [Axis.Systems(systems)],
        Schedule = Brief,
    };
}
