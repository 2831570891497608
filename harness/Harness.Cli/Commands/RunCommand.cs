using System.CommandLine;
using System.Globalization;
using Experiments;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Runs;
using Harness.Systems;
using Spectre.Console;

namespace Harness.Cli.Commands;

/// <summary><c>testbed run</c>: measures an experiment and writes its result.</summary>
internal static class RunCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var name = new Argument<string>("NAME") { Description = "The experiment, as list names it." };
        var set = SharedOptions.SetPlan();
        var repeat = SharedOptions.Number("--repeat", 1, "Runs of each cell; the same as --set schedule.repeats=N.");
        var output = new Option<string?>("--out") { Description = "Where results go. [results in the checkout]", HelpName = "DIR" };
        var data = SharedOptions.Data("Where the nodes keep their data while they run. [testbed in the temporary folder]");
        var keepData = new Option<bool>("--keep-data") { Description = "Leaves the nodes' data when a run ends." };
        var seed = SharedOptions.Number("--seed", 0, "Decides order, records and arrivals. [random, and recorded]");
        var command = new Command("run", "Measures an experiment and writes its charts and report.") { name, set, repeat, output, data, keepData, seed };
        command.SetAction(async (parsed, stop) =>
        {
            var overrides = parsed.GetValue(set)!.ToList();
            if (parsed.GetValue(repeat) is { } repeats) overrides.Add(string.Create(CultureInfo.InvariantCulture, $"schedule.repeats={repeats}"));
            var experiment = ExperimentCatalog.Find(parsed.GetValue(name)!);
            var job = new Job(experiment, overrides, parsed.GetValue(seed) ?? Random.Shared.Next(1, 100_000), parsed.GetValue(output) ?? Checkout.Results,
                parsed.GetValue(data) ?? Checkout.Data, parsed.GetValue(keepData));
            return await Run(job, surroundings, stop);
        });
        return command;
    }

    private static async Task<int> Run(Job job, Surroundings surroundings, CancellationToken stop)
    {
        var system = new TestbedEngine(Checkout.BrokerAssembly);
        var campaign = await Campaign.Prepare(job.Experiment, job.Overrides, job.Seed, system, stop);
        var workFolder = MakeWorkFolder(job, campaign);
        try
        {
            var machine = await MachineProbe.Observe(workFolder, Checkout.Root);
            var folder = ResultFolder.Create(job.Out, CampaignFacts.Describe(campaign, machine, workFolder, job.CommandLine), machine);
            var setup = new RunSetup(system, Worker(WorkerCommand.Name), Worker(FileWorkerCommand.Name), workFolder, Path.Combine(folder.Path, "logs"), job.KeepData);
            var result = await Measure(setup, campaign, folder, surroundings, stop);
            return Report(result, surroundings);
        }
        finally
        {
            if (!job.KeepData) Directory.Delete(workFolder, recursive: true);
        }
    }

    private static WorkerProgram Worker(string command) => new(DotNetHost.Path, [typeof(RunCommand).Assembly.Location, command]);

    /// <summary>A folder of its own for the campaign, made only after the disk was found large enough.</summary>
    private static string MakeWorkFolder(Job job, Campaign campaign)
    {
        var problems = campaign.DiskProblems(job.Data, DataVolume.FreeBytes(job.Data), job.KeepData);
        if (problems.Count > 0) throw new PlanException(string.Join('\n', problems));

        try
        {
            return Directory.CreateDirectory(Path.Combine(job.Data, $"{job.Experiment.Id}-{DateTime.UtcNow:yyyyMMdd'T'HHmmss'Z'}-{Environment.ProcessId}")).FullName;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"the data folder {job.Data} cannot be written: {error.Message}");
        }
    }

    private static Task<CampaignResult> Measure(RunSetup setup, Campaign campaign, ResultFolder folder, Surroundings surroundings, CancellationToken stop)
    {
        if (!surroundings.IsTerminal) return new CampaignRunner(setup, new PlainProgress(surroundings.Out)).Run(campaign, folder, stop);

        var console = surroundings.CreateConsole();
        return console.Status().StartAsync("preparing", status => new CampaignRunner(setup, new TerminalProgress(console, status)).Run(campaign, folder, stop));
    }

    private static int Report(CampaignResult result, Surroundings surroundings)
    {
        var campaign = Statistics.CampaignResults.Of(result.Folder);
        ResultTable.Write(surroundings.CreateConsole(), campaign);
        foreach (var run in result.Folder.Runs.Where(run => !run.Sound)) surroundings.Error.WriteLine($"{run.Cell} repeat {run.Repeat} failed: {run.Reason}");
        if (result.Interrupted) surroundings.Error.WriteLine($"stopped after {result.Folder.Runs.Count} runs");
        surroundings.Out.WriteLine(result.Folder.ReportPath);
        return result.Interrupted ? ExitCode.Interrupted : result.Sound ? ExitCode.Success : ExitCode.Failed;
    }

    /// <summary>What was asked for.</summary>
    private sealed record Job(Experiment Experiment, IReadOnlyList<string> Overrides, int Seed, string Out, string Data, bool KeepData)
    {
        /// <summary>The same again, order and records included.</summary>
        public string CommandLine => string.Join(' ',
            Overrides.Select(assignment => $"--set \"{assignment}\"").Prepend($"dotnet run -c Release --project harness/Harness.Cli -- run {Experiment.Id}").Append($"--seed {Seed}"));
    }
}
