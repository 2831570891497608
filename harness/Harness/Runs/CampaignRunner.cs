using System.Diagnostics;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Results.Reports;
using Harness.Runs.Saturating;
using Harness.Statistics;

namespace Harness.Runs;

/// <summary>How a campaign ended.</summary>
/// <param name="Folder">The result with its report, whole also when the campaign was cut off.</param>
/// <param name="Interrupted">Stopped before all runs were made.</param>
public sealed record CampaignResult(ResultFolder Folder, bool Interrupted)
{
    /// <summary>All that was asked for was measured, and nothing was lost.</summary>
    public bool Sound => !Interrupted && Folder.Runs.All(run => run.Sound);
}

/// <summary>Makes the runs of a campaign one after the other and writes each to the result when it is done.</summary>
public sealed class CampaignRunner(RunSetup setup, IRunObserver observer)
{
    /// <summary>Dirty pages of the run before would be written during the next: waits for them this long at most.</summary>
    private static readonly TimeSpan SettlePatience = TimeSpan.FromSeconds(5);

    private const long SettledBytes = 64 << 20;

    /// <summary>Makes all runs, but those that the folder has.</summary>
    /// <param name="campaign">What to measure.</param>
    /// <param name="folder">The result folder to write to, new or of the same campaign when it was cut off.</param>
    /// <param name="stop">Stops after ending what runs; the result then holds the runs made.</param>
    public Task<CampaignResult> Run(Campaign campaign, ResultFolder folder, CancellationToken stop)
    {
        observer.CampaignStarts(campaign, campaign.Runs.Count, folder.Path);
        return Run(RunsOf(campaign, folder).ToAsyncEnumerable(), campaign.Seed, campaign.Runs.Count, folder, stop);
    }

    /// <summary>Makes the runs that a search asks for.</summary>
    /// <inheritdoc cref="Run(Campaign, ResultFolder, CancellationToken)"/>
    public Task<CampaignResult> Run(SaturationSearch search, ResultFolder folder, CancellationToken stop)
    {
        observer.CampaignStarts(search.First, 0, folder.Path);
        return Run(search.Runs(folder, setup.WorkFolder, stop), search.First.Seed, 0, folder, stop);
    }

    /// <summary>Makes runs as they come, each asked for when the one before is in the folder; none are planned where nobody can know how many.</summary>
    private async Task<CampaignResult> Run(IAsyncEnumerable<ScheduledRun> runs, int seed, int planned, ResultFolder folder, CancellationToken stop)
    {
        using var writing = folder.TakeForWriting();
        await NodeGround.ReleaseOrphans();
        WorkFolder.ReleaseOrphans(setup.WorkFolder);
        var spent = CampaignTime.Spent(folder.Plan, folder.Runs);
        var clock = Stopwatch.StartNew();
        var before = MachineCounters.Read(null);
        var interrupted = false;
        try
        {
            // Of a campaign that is gone on with, the limits are those from before its first run.
            var calibration = Calibrate(stop);
            var first = folder.Calibration?.Before ?? calibration;
            if (first is not null) folder.WriteCalibration(new CampaignCalibration(first, After: null));
            var calibrated = setup with { LoopbackLimit = calibration?[CalibrationName.Loopback] * 1e6 };
            await foreach (var run in runs.WithCancellation(stop)) await Make(calibrated, run, seed, folder, planned, stop);
            if (first is not null) folder.WriteCalibration(new CampaignCalibration(first, Calibrate(stop)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            interrupted = true;
        }

        var machine = MachineCounters.Read(null).Since(before);
        var steal = machine.TotalTime > TimeSpan.Zero ? machine.StealTime / machine.TotalTime : 0;
        if (folder.Machine.StealShare is { } earlier) steal = ((earlier * spent) + (steal * clock.Elapsed)) / (spent + clock.Elapsed);
        folder.WriteMachine(folder.Machine with { StealShare = steal });
        if (!interrupted) folder.WritePlan(folder.Plan with { Finished = DateTimeOffset.UtcNow });
        ReportBuilder.Write(folder);
        return new CampaignResult(folder, interrupted);
    }

    private Calibration? Calibrate(CancellationToken stop)
    {
        if (setup.Calibrator is not { } calibrator) return null;

        observer.Step("measuring the machine's limits");
        return calibrator.Measure(stop);
    }

    /// <summary>The rounds of a campaign, as many as its goal asks for.</summary>
    private static IEnumerable<ScheduledRun> RunsOf(Campaign campaign, ResultFolder folder)
    {
        var made = folder.Runs.Select(run => (run.Cell, run.Repeat)).ToHashSet();
        var goal = GoalOf(campaign, folder.Plan);
        var planned = campaign.Runs.Count;
        var spent = CampaignTime.Spent(folder.Plan, folder.Runs);
        var clock = Stopwatch.StartNew();
        var roundBegan = spent;
        foreach (var round in campaign.Rounds())
        {
            var missing = round.Where(run => !made.Contains((run.Cell.Facts.Id, run.Repeat))).ToList();
            if (missing.Count == 0) continue;

            var elapsed = spent + clock.Elapsed;
            if (folder.Runs.Count >= planned && missing.Count == round.Count
                && goal?.StopsBecause(folder.Plan, folder.Runs, elapsed, elapsed - roundBegan) is { } reason)
            {
                folder.WritePlan(folder.Plan with { RepeatsEnded = reason });
                yield break;
            }

            roundBegan = elapsed;
            foreach (var run in missing) yield return run;
        }
    }

    private async Task Make(RunSetup calibrated, ScheduledRun scheduled, int seed, ResultFolder folder, int planned, CancellationToken stop)
    {
        await Settle(stop);
        var number = folder.Runs.Count + 1;
        observer.RunStarts(scheduled, number, planned == 0 ? 0 : Math.Max(number, planned));
        IRun run = scheduled.Cell.Load is FileLoad
            ? new FileRun(calibrated, scheduled, seed, observer, stop)
            : new CellRun(calibrated, scheduled, seed, observer, stop);
        var outcome = await run.Measure();
        var row = scheduled.Cell.Faults.IsEmpty ? Judged(outcome) : outcome.Row; // what a fault does is no drift
        folder.Append(row, outcome.Latency, outcome.Timeline, outcome.Faults, outcome.Acks);
        if (folder.Plan.Nodes.All(node => node.Cell != row.Cell))
            folder.WritePlan(folder.Plan with { Nodes = [.. folder.Plan.Nodes, .. run.Configurations] });
        observer.RunEnds(row);
    }

    private static RunRow Judged(RunOutcome outcome)
    {
        var stationarity = Stationarity.Of(outcome.Timeline, outcome.Row.MeasuredSeconds);
        return outcome.Row with { Stationary = stationarity.IsStationary, Drift = string.Join("; ", stationarity.Drifts) };
    }

    private static RepeatGoal? GoalOf(Campaign campaign, ResultPlan plan)
    {
        var schedules = campaign.Cells.Select(cell => cell.Schedule).Where(schedule => schedule.Budget is not null).ToList();
        if (schedules.Count == 0) return null;

        var named = schedules.SelectMany(schedule => schedule.PrecisionOf).Distinct().Select(Metric.Find).ToList();
        return new RepeatGoal(schedules.Min(schedule => schedule.Precision), named.Count > 0 ? named : KeyMetrics.Of(plan), schedules.Max(schedule => schedule.Budget!.Value));
    }

    private static async Task Settle(CancellationToken stop)
    {
        var until = DateTime.UtcNow + SettlePatience;
        while (DateTime.UtcNow < until && MachineCounters.Read(null) is var machine && machine.DirtyBytes + machine.WritebackBytes > SettledBytes)
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
    }
}
