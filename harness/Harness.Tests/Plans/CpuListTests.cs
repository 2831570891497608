using Harness.Plans;

namespace Harness.Tests.Plans;

public sealed class CpuListTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("2,0", 0, 2)]
    [InlineData("1-3,0", 0, 1, 2, 3)]
    public void Parse_OfALists_GivesEveryCpuOnce(string text, params int[] cpus) => Assert.Equal(cpus, CpuList.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("1-")]
    [InlineData("0,,1")]
    [InlineData("-1")]
    [InlineData("0-2-4")]
    [InlineData("999999999")]
    public void Parse_OfSomethingElse_GivesNone(string text) => Assert.Null(CpuList.Parse(text));

    [Fact]
    public async Task Prepare_WithCpusThatAreNotHere_IsRefusedWithThoseThatAre()
    {
        var problem = await Assert.ThrowsAsync<PlanException>(() =>
            TestPlans.Prepare(TestPlans.Of(TestPlans.Produce), 7, "cluster.cpus=4000", "load.cpus=0-4001", "cluster.memory=1GiB", "cluster.memoryLimit=2GiB"));

        Assert.Contains("cluster.cpus=4000: this process may use the CPUs 0", problem.Message, StringComparison.Ordinal);
        Assert.Contains("load.cpus=0-4001: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains("set one of the two to none", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Override_LimitsOfNodesAndGenerator_LandWhereTheyBelong()
    {
        string[] assignments = ["cluster.cpus=0", "cluster.memory=2GiB", "cluster.cpuQuota=150%", "load.cpus=0-1"];

        var plan = assignments.Aggregate((IReadOnlyList<Plan>)[TestPlans.Produce], PlanSettings.Override)[0];

        Assert.Equal(("0", 2L << 30, 1.5, "0-1"), (plan.Cluster.Cpus, plan.Cluster.NodeMemoryBytes, plan.Cluster.CpuQuota, ((BrokerLoad)plan.Load).Cpus));
        Assert.Null(PlanSettings.Override([plan], "cluster.cpuQuota=none")[0].Cluster.CpuQuota);
        Assert.Contains("write CPUs such as", Assert.Throws<PlanException>(() => PlanSettings.Override([plan], "load.cpus=all")).Message, StringComparison.Ordinal);
    }
}
