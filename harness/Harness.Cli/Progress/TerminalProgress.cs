using Harness.Load;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Spectre.Console;

namespace Harness.Cli.Progress;

/// <summary>One line that follows what happens, and a line that stays for each finished run.</summary>
internal sealed class TerminalProgress(IAnsiConsole console, StatusContext status) : IRunObserver
{
    private string _run = "";
    private string _step = "";

    public void CampaignStarts(Campaign campaign, int runs, string folder) =>
        console.MarkupLineInterpolated($"[bold]{campaign.Experiment.Id}[/] {campaign.Experiment.Question}\n{RunLine.Extent(campaign, runs)}, seed {campaign.Seed}, into {folder}");

    public void RunStarts(ScheduledRun run, int number, int total) => _run = $"{RunLine.Place(number, total)} {run.Cell.Facts.Label}";

    public void Step(string what) => Show(_step = what);

    public void Second(LoadSecond second) => Show($"{_step}, {RunLine.Of(second)}");

    public void RunEnds(RunRow row) => console.MarkupLineInterpolated($"[{(row.Sound ? "green" : "red")}]{_run}[/] {RunLine.Of(row)}");

    private void Show(string what) => status.Status(Markup.Escape($"{_run}: {what}"));
}
