using Harness.Load;
using Harness.Results;
using Harness.Statistics;
using Harness.Tests.Results;

namespace Harness.Tests.Statistics;

public sealed class CampaignResultsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Cell_Latency_MergesHistogramsInsteadOfAveragingPercentiles()
    {
        var cell = TwoRuns(secondIsSound: true).Cells[0];

        // 99 times 1 ms and once 1 s in the first run, 100 times 3 ms in the second: of all 200, the 99th percentile is 3 ms.
        // The mean of the two runs' p99, 1 and 3 ms, would be 2 ms: a latency nobody had.
        Assert.Equal(200, cell.Latency.Count);
        Assert.InRange(cell.Latency.Percentile(99).TotalMilliseconds, 3, 3.01);
        Assert.Equal(1000, cell.Latency.Max.TotalMilliseconds);
    }

    [Fact]
    public void Cell_WithAnUnsoundRun_KeepsItOutOfStatisticsAndInSight()
    {
        var cell = TwoRuns(secondIsSound: false).Cells[0];

        Assert.Equal(100, cell.Latency.Count);
        Assert.Equal(1, cell.Spread(Metric.P99)!.Count);
        Assert.Equal(2, cell.Runs.Count);
    }

    [Fact]
    public void Campaign_OfARealFolder_FindsCellsByShortNames()
    {
        var campaign = CampaignResults.Open(SyntheticCampaign.RoadToOneMillion(_root.Path).Path);

        Assert.Equal(6, campaign.Where("flush", "group-commit").Count());
        Assert.Equal(12, campaign.Cells.Count);
        Assert.All(campaign.Cells, cell => Assert.Equal(3, cell.Runs.Count));
        Assert.Equal([CheckVerdict.Met, CheckVerdict.FellShort], campaign.Outcomes.Select(outcome => outcome.Verdict));
    }

    private CampaignResults TwoRuns(bool secondIsSound)
    {
        var plan = SyntheticCampaign.PlanOf("E08", "merge", 2, new AxisFacts("read", ["sendfile"]));
        var folder = ResultFolder.Create(_root.Path, plan, SyntheticCampaign.Machine);
        var first = new Histogram();
        first.Record(TimeSpan.FromMilliseconds(1), 99);
        first.Record(TimeSpan.FromSeconds(1));
        var second = new Histogram();
        second.Record(TimeSpan.FromMilliseconds(3), 100);
        folder.Append(Run.Of(plan.Cells[0].Id, 1).WithLatency(first), first, []);
        folder.Append(Run.Of(plan.Cells[0].Id, 2).WithLatency(second) with { Sound = secondIsSound }, second, []);
        return CampaignResults.Open(folder.Path);
    }
}
