using Harness.Files;
using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Tests.Plans;

namespace Harness.Tests.Runs;

/// <summary>A campaign that was cut off and gone on with comes out as one that was not.</summary>
public sealed class ResumedCampaignTests
{
    private static readonly Experiment Files = TestPlans.Of(new Plan
    {
        Load = new FileLoad { Work = new FileWork { Action = FileAction.Write, FileBytes = 1 << 20, BlockBytes = 64 << 10, Growing = true } },
        Vary = [Axis.Files("api", "system-call", "mapped")],
        Schedule = new(TimeSpan.Zero, TimeSpan.FromSeconds(20), Repeats: 2),
    });

    [Fact]
    public async Task Run_OfAFolderThatHasSome_MakesTheMissingInTheSameOrder()
    {
        using var whole = new RunningCampaign();
        using var parts = new RunningCampaign();
        using var stop = new CancellationTokenSource();
        await whole.Run(Files);

        var first = await parts.Run(Files, observer: new StopsAfterFirst(stop), stop: stop.Token);
        var made = Assert.Single(first.Folder.Runs);
        var second = await parts.Resume(Files);

        Assert.Equal((true, false), (first.Interrupted, second.Interrupted));
        Assert.Equal(whole.Folder.Runs.Select(run => (run.Cell, run.Repeat)), second.Folder.Runs.Select(run => (run.Cell, run.Repeat)));
        Assert.Equal(made.Started, second.Folder.Runs[0].Started);
        Assert.NotNull(second.Folder.Plan.Finished);
        Assert.All(second.Folder.Runs, run => Assert.True(second.Folder.ReadLatency(run).Count > 0));
    }

    [Fact]
    public void Spent_OverSeveralStretches_LeavesOutTheTimeBetween()
    {
        var began = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var plan = Harness.Tests.Results.SyntheticCampaign.PlanOf("E01", "t", 1) with { Started = began, Resumed = [new ResumeFacts(began.AddHours(5), 2, [])] };
        RunRow Run(DateTimeOffset started) => new()
        {
            Cell = "c", Label = "c", Repeat = 1, Axes = new Dictionary<string, string>(), System = "s", Durability = "d", Started = started, MeasuredSeconds = 10, Sound = true,
        };

        Assert.Equal(TimeSpan.Zero, CampaignTime.Spent(plan, []));
        Assert.Equal(
            TimeSpan.FromSeconds(70 + 30),
            CampaignTime.Spent(plan, [Run(began.AddSeconds(20)), Run(began.AddSeconds(60)), Run(began.AddHours(5).AddSeconds(20))]));
    }

    private sealed class StopsAfterFirst(CancellationTokenSource stop) : IRunObserver
    {
        public void CampaignStarts(Campaign campaign, int runs, string folder)
        {
        }

        public void RunStarts(ScheduledRun run, int number, int total)
        {
        }

        public void Step(string what)
        {
        }

        public void Second(LoadSecond second)
        {
        }

        public void RunEnds(RunRow row) => stop.Cancel();
    }
}
