using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;

namespace Harness.Cli.Progress;

/// <summary>A line when a run starts and one when it ends: what a log wants.</summary>
internal sealed class PlainProgress(TextWriter writer) : IRunObserver
{
    public void CampaignStarts(Campaign campaign, int runs, string folder) =>
        writer.WriteLine($"{campaign.Experiment.Id}: {RunLine.Extent(campaign, runs)}, seed {campaign.Seed}, into {folder}");

    public void RunStarts(ScheduledRun run, int number, int total) =>
        writer.WriteLine($"run {RunLine.Place(number, total)}: {run.Cell.Facts.Label}, repeat {run.Repeat}");

    public void Step(string what)
    {
    }

    public void Second(LoadSecond second)
    {
    }

    public void RunEnds(RunRow row) => writer.WriteLine("  " + RunLine.Of(row));
}
