using Harness.Cli.Commands;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Measures.Calibrating;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Runs.Saturating;
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
    /// <summary>Of each of the machine's limits, before a campaign and after it: some 15 s in all.</summary>
    private static readonly TimeSpan ProbeTime = TimeSpan.FromSeconds(1);

    /// <exception cref="PlanException">The disk is too small for it.</exception>
    /// <exception cref="CommandException">The data folder cannot be written.</exception>
    public static Task<CampaignResult> Measure(
        Campaign campaign, ISystemUnderTest system, CampaignPlaces places, Surroundings surroundings, CancellationToken stop, Action<string>? begun = null) =>
        Run(campaign, system, places, surroundings, (machine, workFolder) =>
            {
                var folder = ResultFolder.Create(places.Out, CampaignFacts.Describe(campaign, machine, workFolder, CommandLineOf(campaign)), machine);
                begun?.Invoke(folder.Path);
                return folder;
            },
            (runner, folder) => runner.Run(campaign, folder, stop), stop);

    /// <summary>Makes the runs of a campaign that its folder does not have.</summary>
    /// <param name="campaign">The campaign of the folder.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="allowed">Kinds of differences, as <see cref="ResumeCommand"/> names them, across which it is gone on with.</param>
    /// <param name="system">Starts the brokers.</param>
    /// <param name="places">Where data goes.</param>
    /// <param name="surroundings">Where progress goes.</param>
    /// <param name="stop">Ends it early; it can then be resumed again.</param>
    /// <inheritdoc cref="Measure"/>
    public static Task<CampaignResult> Resume(
        Campaign campaign, ResultFolder folder, IReadOnlyList<string> allowed, ISystemUnderTest system, CampaignPlaces places, Surroundings surroundings,
        CancellationToken stop) =>
        Run(campaign, system, places, surroundings, (machine, _) =>
        {
            var differences = FolderDifference.Of(folder.Machine, machine).ToList();
            ResumeCommand.ThrowUnlessAllowed(folder.Path, differences, allowed);
            var resumed = new ResumeFacts(DateTimeOffset.UtcNow, folder.Runs.Count, [.. differences.Select(difference => difference.ToString())]);
            using var writing = folder.TakeForWriting();
            folder.WritePlan(folder.Plan with { Resumed = [.. folder.Plan.Resumed, resumed], Caveats = [.. folder.Plan.Caveats, resumed.Caveat] });
            return folder;
        }, (runner, _) => runner.Run(campaign, folder, stop), stop);

    /// <summary>Measures what a search asks for.</summary>
    /// <param name="search">The search.</param>
    /// <param name="command">The command line that repeats it.</param>
    /// <param name="system">Starts the brokers.</param>
    /// <param name="places">Where data and results go.</param>
    /// <param name="surroundings">Where progress goes.</param>
    /// <param name="stop">Ends it early.</param>
    /// <inheritdoc cref="Measure"/>
    public static Task<CampaignResult> Saturate(
        SaturationSearch search, string command, ISystemUnderTest system, CampaignPlaces places, Surroundings surroundings, CancellationToken stop)
    {
        var facts = search.Facts;
        return Run(search.First, system, places, surroundings, (machine, workFolder) =>
        {
            var plan = CampaignFacts.Describe(search.First, machine, workFolder, command);
            var schedule = plan.Schedule with { Repeats = facts.Confirmations, Order = SaturationSearch.OrderInWords };
            return ResultFolder.Create(places.Out, plan with { Saturation = facts, Schedule = schedule }, machine);
        }, (runner, folder) => runner.Run(search, folder, stop), stop);
    }

    /// <summary>Shows what came out.</summary>
    /// <returns>The exit code that says so.</returns>
    public static int Report(CampaignResult result, Surroundings surroundings)
    {
        ResultTable.Write(surroundings.CreateConsole(), CampaignResults.Of(result.Folder));
        if (result.Folder.Calibration is { } calibration) CalibrationTable.Write(surroundings, calibration);
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
            return WorkFolder.Make(places.Data, campaign.Experiment.Id, places.KeepData);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the data folder {places.Data} cannot be written: {error.Message}");
        }
    }

    private static async Task<CampaignResult> Run(
        Campaign campaign, ISystemUnderTest system, CampaignPlaces places, Surroundings surroundings, Func<MachineFacts, string, ResultFolder> folderOf,
        Func<CampaignRunner, ResultFolder, Task<CampaignResult>> run, CancellationToken stop)
    {
        // Before anything is made: whoever mistyped a host shall not have to look for what was left.
        await using var hosts = await HostConnections.Open(campaign, stop);
        var problems = await hosts.DiskProblems(campaign, places.KeepData, stop);
        if (problems.Count > 0) throw new PlanException(string.Join('\n', problems));

        var workFolder = MakeWorkFolder(campaign, places);
        try
        {
            var folder = folderOf(await MachineProbe.Observe(workFolder, Checkout.Root) with { Hosts = hosts.Facts }, workFolder);
            var setup = new RunSetup(
                system, Worker(WorkerCommand.Name), Worker(FileWorkerCommand.Name), workFolder, Path.Combine(folder.Path, "logs"), places.KeepData)
            {
                Hosts = hosts,
                Calibrator = campaign.IsCalibrated ? new Calibrator(workFolder, ProbeTime) : null,
            };
            if (!surroundings.IsTerminal) return await run(new CampaignRunner(setup, new PlainProgress(surroundings.Out)), folder);

            var console = surroundings.CreateConsole();
            return await console.Status().StartAsync("preparing", status => run(new CampaignRunner(setup, new TerminalProgress(console, status)), folder));
        }
        finally
        {
            if (!places.KeepData) Directory.Delete(workFolder, recursive: true);
        }
    }

    /// <summary>The same again, order and records included.</summary>
    private static string CommandLineOf(Campaign campaign) => CommandLine($"run {campaign.Experiment.Id}", campaign.Overrides, campaign.Seed);

    /// <summary>A command line that repeats what was measured.</summary>
    public static string CommandLine(string command, IEnumerable<string> overrides, int seed, params IEnumerable<string> options) => string.Join(' ',
        overrides.Select(assignment => $"--set \"{assignment}\"").Concat(options)
            .Prepend($"dotnet run -c Release --project harness/Harness.Cli -- {command}")
            .Append($"--seed {seed}"));
}
