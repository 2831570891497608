using Harness.Plans;
using Harness.Systems;
using Harness.Systems.Kafka;

namespace Harness.Tests.Systems;

public sealed class ChosenSystemTests
{
    private static readonly ChosenSystem Systems = new(new Settled("testbed", TimeSpan.Zero), new Settled("other", TimeSpan.FromSeconds(60)), ApacheKafka.AsShipped(_ => null));

    [Fact]
    public async Task Prepare_AxisOfSystems_GivesEachItsCellAndItsWarmup()
    {
        var campaign = await Prepare(TestbedAnd("other"));

        Assert.Equal(["testbed", "other"], campaign.Cells.Select(cell => cell.Cluster.System));
        Assert.Equal([TimeSpan.Zero, TimeSpan.FromSeconds(60)], campaign.Cells.Select(cell => cell.Cluster.Warmup!.Value));
        Assert.Equal(["testbed", "other"], campaign.Cells.Select(cell => cell.Facts.Values["system"]));
    }

    [Fact]
    public async Task Prepare_WarmupOfThePlan_IsEverySystems()
    {
        var campaign = await Prepare(TestbedAnd("other"), "cluster.warmup=7s");

        Assert.All(campaign.Cells, cell => Assert.Equal(TimeSpan.FromSeconds(7), cell.Cluster.Warmup));
    }

    [Fact]
    public async Task Prepare_SystemThatIsSet_NarrowsTheAxis() =>
        Assert.Equal("other", Assert.Single((await Prepare(TestbedAnd("other"), "system=other")).Cells).Cluster.System);

    [Fact]
    public async Task Prepare_UnknownSystem_IsRefusedWithWhatThereIs()
    {
        var error = await Assert.ThrowsAsync<PlanException>(() => Prepare(TestbedAnd("redpanda")));

        Assert.Equal("there is no system 'redpanda': choose testbed, other, kafka.", error.Message);
    }

    [Fact]
    public async Task Prepare_StrategyThatOneSystemDoesNotHave_IsRefusedForThatOne()
    {
        var plan = TestbedAnd("kafka") with { Cluster = new ClusterPlan().WithStrategy("read", "positioned") };

        var error = await Assert.ThrowsAsync<PlanException>(() => Prepare(plan));

        Assert.Equal("read=positioned: Kafka always works as read=sendfile; leave it out for kafka.", error.Message);
    }

    [Fact]
    public async Task Prepare_FaultThatOneSystemCannotHave_IsRefused()
    {
        var plan = TestbedAnd("kafka") with { Faults = Harness.Faults.FaultScript.Parse("kill(controller, at=1s)") };

        Assert.Contains("names any broker as controller", (await Assert.ThrowsAsync<PlanException>(() => Prepare(plan))).Message);
    }

    [Fact]
    public async Task Prepare_SystemThatIsNotHere_KeepsItsCells()
    {
        var campaign = await Prepare(TestbedAnd("kafka"));

        Assert.Null(Systems.WhatIsMissing(campaign.Cells[0].Cluster));
        Assert.StartsWith("kafka is not here", Systems.WhatIsMissing(campaign.Cells[1].Cluster));
    }

    private static Plan TestbedAnd(string other) => new()
    {
        Load = new ProduceLoad(),
        Vary = [Axis.Systems("testbed", other)],
        Schedule = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), 1),
    };

    private static Task<Campaign> Prepare(Plan plan, params string[] overrides) =>
        Campaign.Prepare(Plans.TestPlans.Of(plan), overrides, 1, Systems, CancellationToken.None);

    private sealed class Settled(string name, TimeSpan warmup) : ISystemUnderTest
    {
        public string Name => name;

        public Task<SettingsCheck> Check(ClusterPlan cluster, CancellationToken stop) => Task.FromResult(new SettingsCheck(cluster.Strategies, []) { Warmup = warmup });

        public Task<Node> StartNode(ClusterPlan cluster, NodePlace place, CancellationToken stop) => throw new InvalidOperationException("nothing may be started here");
    }
}
