using Experiments;
using Harness.Load;
using Harness.Plans;

namespace Harness.Tests.Plans;

public sealed class WorkloadTests
{
    public static TheoryData<string> Names => [.. Workload.All.Select(workload => workload.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_OnAPlanThatProduces_IsALoadThatCanBe(string name)
    {
        var campaign = await TestPlans.Prepare(ExperimentCatalog.Find("E02"), overrides: $"workload={name}");

        // Whatever of it is wrong would have been refused.
        var load = Assert.IsType<ProduceLoad>(campaign.Cells[0].Load);
        var written = Assert.IsType<ProduceLoad>(ExperimentCatalog.Find("E02").Plans[0].Load);
        Assert.NotEqual(written, load);
        Assert.Equal(5, campaign.Cells.Count); // its own axis, the flush policy, is still varied
    }

    [Fact]
    public void Names_AreSaidOnceAndEachIsToldInALine()
    {
        Assert.Equal(Workload.All.Count, Workload.All.Select(workload => workload.Name).Distinct().Count());
        Assert.All(Workload.All, workload => Assert.DoesNotContain('\n', workload.Summary));
    }

    [Fact]
    public void Of_WhatItNames_IsNoLongerVariedAndCanBeChangedBehindIt()
    {
        var plan = Assert.Single(Profile.PlansOf(TestPlans.Of(TestPlans.Produce), ["workload=queue", "load.recordsPerSecond=77"]));

        var send = ((ProduceLoad)plan.Load).Send;
        Assert.Equal((77, Arrival.OpenPoisson, "500B"), (send.RecordsPerSecond, send.Arrival, send.RecordSize));
        Assert.Equal(["77"], plan.Vary.Single(axis => axis.Name == Axis.RateName).Values);
        Assert.Equal("p99 <= 5ms", plan.Target?.ToString());
    }

    [Fact]
    public void Find_UnknownOrNothingProduced_SaysWhy()
    {
        Assert.Contains("there is no workload 'spam': choose kreps-100b, ", Assert.Throws<PlanException>(() => Workload.Find("spam")).Message, StringComparison.Ordinal);
        Assert.Contains("nothing is produced at a rate", Assert.Throws<PlanException>(() => Profile.PlansOf(TestPlans.Of(TestPlans.Read), ["workload=logs"])).Message, StringComparison.Ordinal);
    }
}
