using Harness.Cli.Commands;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Statistics;
using Harness.Systems;
using Spectre.Console;

namespace Harness.Cli;

/// <summary>Where a campaign leaves what.</summary>
/// <param name="Out">Gets the result folder.</param>
/// <param name="Data">Gets the nodes' data while they run.</param>
/// <param name="KeepData">Whether that stays.</param>
internal sealed record CampaignPlaces(string Out, string Data, bool KeepData);

/// <summary>Measures a campaign that was prepared: its folders, its progress, its result.</summary>
internal static class CampaignJob
{
    /// <exception cref="PlanException">The disk is too small for it.</exception>
    /// <exception cref="CommandException">The data folder cannot be written.</exception>
    public static async Task<CampaignResult> Measure(
        Campaign campaign, ISystemUnderTest system, CampaignPlaces places, Surroundings surroundings, CancellationToken stop)
    {
        var workFolder = MakeWorkFolder(campaign, places);
        try
        {
            var machine = await MachineProbe.Observe(workFolder, Checkout.Root);
            var folder = ResultFolder.Create(places.Out, CampaignFacts.Describe(campaign, machine, workFolder, CommandLineOf(campaign)), machine);
            var setup = new RunSetup(
                system, Worker(WorkerCommand.Name), Worker(FileWorkerCommand.Name), workFolder, Path.Combine(folder.Path, "logs"), places.KeepData);
            return await Run(setup, campaign, folder, surroundings, stop);
        }
        finally
        {
            if (!places.KeepData) Directory.Delete(workFolder, recursive: true);
        }
    }

    /// <summary>Shows what came out.</summary>
    /// <returns>The exit code that says so.</returns>
    public static int Report(CampaignResult result, Surroundings surroundings)
    {
        ResultTable.Write(surroundings.CreateConsole(), CampaignResults.Of(result.Folder));
        foreach (var run in result.Folder.Runs.Where(run => !run.Sound))
            surroundings.Error.WriteLine($"{run.Cell} repeat {run.Repeat} failed: {run.Reason}");
        if (result.Interrupted) surroundings.Error.WriteLine($"stopped after {result.Folder.Runs.Count} runs");
        if (result.Folder.Plan.RepeatsEnded is { } ended) surroundings.Out.WriteLine($"{result.Folder.Runs.Count} runs: {ended}");
        surroundings.Out.WriteLine(result.Folder.ReportPath);
        return result.Interrupted ? ExitCode.Interrupted : result.Sound ? ExitCode.Success : ExitCode.Failed;
    }

    private static WorkerProgram Worker(string command) => new(DotNetHost.Path, [typeof(CampaignJob).Assembly.Location, command]);

    /// <summary>A folder of its own for the campaign, made only after the disk was found large enough.</summary>
    private static string MakeWorkFolder(Campaign campaign, CampaignPlaces places)
    {
        var problems = campaign.DiskProblems(places.Data, DataVolume.FreeBytes(places.Data), places.KeepData);
        if (problems.Count > 0) throw new PlanException(string.Join('\n', problems));

        try
        {
            var name = $"{campaign.Experiment.Id}-{DateTime.UtcNow:yyyyMMdd'T'HHmmss'Z'}-{Environment.ProcessId}";
            return Directory.CreateDirectory(Path.Combine(places.Data, name)).FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the data folder {places.Data} cannot be written: {error.Message}");
        }
    }

    private static Task<CampaignResult> Run(RunSetup setup, Campaign campaign, ResultFolder folder, Surroundings surroundings, CancellationToken stop)
    {
        if (!surroundings.IsTerminal) return new CampaignRunner(setup, new PlainProgress(surroundings.Out)).Run(campaign, folder, stop);

        var console = surroundings.CreateConsole();
        return console.Status().StartAsync("preparing", status =>
            new CampaignRunner(setup, new TerminalProgress(console, status)).Run(campaign, folder, stop));
    }

    /// <summary>The same again, order and records included.</summary>
    private static string CommandLineOf(Campaign campaign) => string.Join(' ',
        campaign.Overrides.Select(assignment => $"--set \"{assignment}\"")
            .Prepend($"dotnet run -c Release --project harness/Harness.Cli -- run {campaign.Experiment.Id}")
            .Append($"--seed {campaign.Seed}"));
}
