using Harness.Load;
using Harness.Results;

namespace Harness.Tests.Results;

public sealed class ResultFolderTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Folder_ReadBack_HasTheSamePlanMachineAndRuns()
    {
        var written = SyntheticCampaign.RoadToOneMillion(_root.Path);

        var read = ResultFolder.Open(written.Path);

        Assert.Equivalent(written.Plan, read.Plan, strict: true);
        Assert.Equivalent(written.Machine, read.Machine, strict: true);
        Assert.Equal(36, read.Runs.Count);
        Assert.Equivalent(written.Runs, read.Runs, strict: true);
    }

    [Fact]
    public void Folder_ReadBack_HasTheSameLatenciesAndTimelines()
    {
        var written = SyntheticCampaign.ZeroCopyReads(_root.Path);
        var run = written.Runs[3];

        var read = ResultFolder.Open(written.Path);

        Assert.Equal(2_000_000, read.ReadLatency(run).Count);
        Assert.Equal(written.ReadLatency(run).Steps(), read.ReadLatency(run).Steps());
        Assert.Equal(run.P99Ms, read.ReadLatency(run).Percentile(99).TotalMilliseconds);
        Assert.Equal(20, read.ReadTimeline(run).Count);
        Assert.Equal(written.ReadTimeline(run), read.ReadTimeline(run));
    }

    [Fact]
    public void Folder_OfAnInterruptedCampaign_IsReadableAndUnfinished()
    {
        var whole = SyntheticCampaign.RoadToOneMillion(_root.Path);
        var plan = whole.Plan with { Started = whole.Plan.Started.AddHours(1), Finished = null };
        var cut = ResultFolder.Create(_root.Path, plan, whole.Machine);
        cut.Append(whole.Runs[0], whole.ReadLatency(whole.Runs[0]), whole.ReadTimeline(whole.Runs[0]));

        // Killed between a run's files and its row: the files are there, the row is not, and half a write lies about.
        File.WriteAllText(Path.Combine(cut.Path, "latency", whole.Runs[1].Cell + "-1.json"), "{}");
        File.WriteAllText(Path.Combine(cut.Path, "runs.csv.part"), "cell,label\nc0");
        var read = ResultFolder.Open(cut.Path);

        Assert.Null(read.Plan.Finished);
        Assert.Equal(whole.Runs[0].Cell, Assert.Single(read.Runs).Cell);
        Assert.Equal(2_000_000, read.ReadLatency(read.Runs[0]).Count);
    }

    [Fact]
    public void Folder_BeforeItsFirstRun_IsReadable()
    {
        var plan = SyntheticCampaign.PlanOf("E09", "nothing yet", 1, new AxisFacts("read", ["sendfile"]));

        var read = ResultFolder.Open(ResultFolder.Create(_root.Path, plan, SyntheticCampaign.Machine).Path);

        Assert.Empty(read.Runs);
        Assert.Equal("20261122T043000Z-0123456789", Path.GetFileName(read.Path));
    }

    [Fact]
    public void Folder_WithStrategiesOfSeveralParameters_KeepsThemInTheCsv()
    {
        var folder = SyntheticCampaign.RoadToOneMillion(_root.Path);

        var text = File.ReadAllText(Path.Combine(folder.Path, "runs.csv"));

        Assert.Contains("\"group-commit(maxDelay=2ms, maxBytes=1MiB)\"", text, StringComparison.Ordinal);
        Assert.Contains(",axis.flush,axis.rate,leader.count,leader.cpuSeconds,", text, StringComparison.Ordinal);
        Assert.Contains(ResultFolder.Open(folder.Path).Runs, run => run.Axes["flush"] == "group-commit(maxDelay=2ms, maxBytes=1MiB)");
    }

    [Fact]
    public void Folder_WithHostileText_ReadsBackAsWritten()
    {
        var whole = SyntheticCampaign.ZeroCopyReads(_root.Path);
        var cut = ResultFolder.Create(_root.Path, whole.Plan with { Started = whole.Plan.Started.AddDays(1) }, whole.Machine);
        var hostile = "a \"quoted\", =two\nlines; — <b>µs</b>";
        cut.Append(whole.Runs[0] with { Reason = hostile, Sound = false, OfferedPerSecond = null, StealSeconds = null }, null, []);

        var run = Assert.Single(ResultFolder.Open(cut.Path).Runs);

        Assert.Equal(hostile, run.Reason);
        Assert.False(run.Sound);
        Assert.Null(run.OfferedPerSecond);
        Assert.Null(run.StealSeconds);
        Assert.Equal(0, cut.ReadLatency(run).Count);
        Assert.Empty(cut.ReadTimeline(run));
    }

    [Fact]
    public void Append_SameCellAndRepeatTwice_IsRefused()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        Assert.Throws<ResultException>(() => folder.Append(folder.Runs[0], null, []));
    }

    [Fact]
    public void Create_OverAnExistingResult_IsRefused()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);

        Assert.Throws<ResultException>(() => ResultFolder.Create(_root.Path, folder.Plan, folder.Machine));
    }

    [Fact]
    public void Open_WhatIsNoResult_SaysWhatIsMissing()
    {
        var error = Assert.Throws<ResultException>(() => ResultFolder.Open(_root.Path));

        Assert.Contains("plan.json is missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ANewerFormat_IsRefused()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);
        folder.WritePlan(folder.Plan with { Format = ResultPlan.CurrentFormat + 1 });

        Assert.Throws<ResultException>(() => ResultFolder.Open(folder.Path));
    }

    [Fact]
    public void PathsOf_SeveralResults_BeginWithTheLastStarted()
    {
        var first = SyntheticCampaign.ZeroCopyReads(_root.Path);
        var second = ResultFolder.Create(_root.Path, first.Plan with { Started = first.Plan.Started.AddSeconds(1) }, first.Machine);

        Assert.Equal([second.Path, first.Path], ResultFolder.PathsOf(_root.Path, "E01"));
        Assert.Empty(ResultFolder.PathsOf(_root.Path, "E77"));
    }

    [Fact]
    public void Latency_OfARun_IsAlsoWrittenForHdrPlotters()
    {
        var folder = SyntheticCampaign.ZeroCopyReads(_root.Path);
        var run = folder.Runs[0];

        var lines = File.ReadAllLines(Path.Combine(folder.Path, "latency", $"{run.Cell}-{run.Repeat}.hgrm"));

        Assert.StartsWith("       Value     Percentile TotalCount", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("1.000000000000    2000000", StringComparison.Ordinal));
    }

    [Fact]
    public void WithLatency_OfAnEmptyHistogram_LeavesPercentilesOut()
    {
        var run = SyntheticCampaign.ZeroCopyReads(_root.Path).Runs[0] with { P50Ms = null, P99Ms = null };

        Assert.Null(run.WithLatency(new Histogram()).P99Ms);
    }
}
