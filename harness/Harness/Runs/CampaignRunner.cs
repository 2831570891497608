using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Results.Reports;

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

    /// <summary>Makes all runs.</summary>
    /// <param name="campaign">What to measure.</param>
    /// <param name="folder">The result folder to write to.</param>
    /// <param name="stop">Stops after ending what runs; the result then holds the runs made.</param>
    public async Task<CampaignResult> Run(Campaign campaign, ResultFolder folder, CancellationToken stop)
    {
        await NodeGround.ReleaseOrphans();
        observer.CampaignStarts(campaign, folder.Path);
        var before = MachineCounters.Read(null);
        var interrupted = false;
        try
        {
            var runs = campaign.Runs;
            for (var i = 0; i < runs.Count; i++)
            {
                await Settle(stop);
                observer.RunStarts(runs[i], i + 1, runs.Count);
                IRun run = runs[i].Cell.Load is FileLoad ? new FileRun(setup, runs[i], campaign.Seed, observer, stop) : new CellRun(setup, runs[i], campaign.Seed, observer, stop);
                var outcome = await run.Measure();
                folder.Append(outcome.Row, outcome.Latency, outcome.Timeline, outcome.Faults, outcome.Acks);
                if (runs[i].Repeat == 1) folder.WritePlan(folder.Plan with { Nodes = [.. folder.Plan.Nodes, .. run.Configurations] });
                observer.RunEnds(outcome.Row);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            interrupted = true;
        }

        var machine = MachineCounters.Read(null).Since(before);
        folder.WriteMachine(folder.Machine with { StealShare = machine.TotalTime > TimeSpan.Zero ? machine.StealTime / machine.TotalTime : 0 });
        if (!interrupted) folder.WritePlan(folder.Plan with { Finished = DateTimeOffset.UtcNow });
        ReportBuilder.Write(folder);
        return new CampaignResult(folder, interrupted);
    }

    private static async Task Settle(CancellationToken stop)
    {
        var until = DateTime.UtcNow + SettlePatience;
        while (DateTime.UtcNow < until && MachineCounters.Read(null) is var machine && machine.DirtyBytes + machine.WritebackBytes > SettledBytes)
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
    }
}
