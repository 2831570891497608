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

    [KafkaFact]
    public async Task Run_LoadOfKafkasTools_IsInTheResultBesideOurs()
    {
        var plan = PlanOf("testbed", "kafka") with
        {
            Cluster = OneNode.WithEnvironment("KAFKA_HEAP_OPTS", "-Xmx256M -Xms256M") with { Warmup = TimeSpan.Zero },
            Vary = [Axis.Systems("testbed", "kafka"), Axis.Load("generator", "kafka-tools")],
            Schedule = Brief with { Measure = TimeSpan.FromSeconds(3) },
        };

        var both = new ChosenSystem(new TestbedEngine(Checkout.BrokerAssembly), ApacheKafka.AsShipped());

        var result = await _campaign.Run(TestPlans.Of(plan), both);

        Assert.Equal(["kafka", "testbed"], result.Folder.Runs.Select(run => run.System).Order(StringComparer.Ordinal));
        Assert.All(result.Folder.Runs, run =>
        {
            RunningCampaign.AssertMeasured(run);
            Assert.Equal(("kafka-tools", "kafka-tools"), (run.Generator, run.Axes["generator"]));
            Assert.Equal((3000, 4000, 0, 0), (run.Acked, run.Verified, run.Lost, run.Failed)); // warm-up and all is read back
            Assert.True(run.AchievedPerSecond > 0 && run.ReadBackPerSecond > 0, $"{run}");
            Assert.True(run.MeanMs > 0 && run.MaxMs >= run.MeanMs, $"{run}");
            double?[] percentiles = [run.P50Ms, run.P95Ms, run.P99Ms, run.P999Ms];
            Assert.Equal(percentiles.Order(), percentiles);
            Assert.Null(run.P90Ms); // it does not tell
            Assert.True(run.Role(ProcessRole.Generator)!.RssMaxBytes > 32 << 20, "the tool is a JVM");
            Assert.NotEmpty(result.Folder.ReadTimeline(run));
        });
        Assert.Contains(result.Folder.Plan.Caveats, caveat => caveat.StartsWith("Where kafka-tools made the load", StringComparison.Ordinal));
        var report = await File.ReadAllTextAsync(result.Folder.ReportPath);
        Assert.Contains("Those of kafka-tools count from each record", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KafkasToolsAreNotHere_SaysSoInsteadOfStartingAnything()
    {
        var plan = PlanOf("testbed") with { Vary = [Axis.Load("generator", "kafka-tools")] };

        var result = await _campaign.Run(TestPlans.Of(plan), tools: new KafkaTools(_ => null));

        var run = Assert.Single(result.Folder.Runs);
        Assert.Equal((false, new KafkaTools(_ => null).WhatIsMissing()), (run.Sound, run.Reason));
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
