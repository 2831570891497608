using System.Diagnostics;
using Experiments;
using Harness.Cli.Commands;
using Harness.Cli.Progress;
using Harness.Measures;
using Harness.Nodes;
using Harness.Plans;
using Harness.Results;
using Harness.Results.Claims;
using Harness.Runs;
using Harness.Statistics;
using Harness.Systems;

namespace Harness.Cli;

/// <summary>Measures every experiment that decides claims, one after the other, and says what became of each claim.</summary>
internal sealed class ClaimsJob
{
    private readonly ClaimsFolder _folder;
    private readonly IReadOnlyList<Experiment> _experiments;
    private readonly CampaignPlaces _places;
    private readonly Surroundings _surroundings;
    private readonly ISystemUnderTest _system;
    private readonly Dictionary<string, Campaign> _campaigns;
    private readonly IReadOnlyList<string> _allowed;

    private ClaimsJob(
        ClaimsFolder folder, IReadOnlyList<Experiment> experiments, Dictionary<string, Campaign> campaigns, ISystemUnderTest system, string data, Surroundings surroundings,
        IReadOnlyList<string> allowed)
    {
        (_folder, _experiments, _campaigns, _system, _surroundings, _allowed) = (folder, experiments, campaigns, system, surroundings, allowed);
        _places = new CampaignPlaces(folder.Root, data, KeepData: false);
    }

    /// <summary>Begins such a campaign.</summary>
    /// <param name="experiments">What is measured, in this order.</param>
    /// <param name="overrides">What is changed of all of them: profile, repeats, precision, budget.</param>
    /// <param name="seed">The seed of all of them.</param>
    /// <param name="places">Where data and results go.</param>
    /// <param name="surroundings">Where progress goes.</param>
    /// <param name="stop">Ends it early: what was measured stays, and <see cref="Resume"/> goes on.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="PlanException">None of the experiments can be.</exception>
    public static async Task<int> Run(
        IReadOnlyList<Experiment> experiments, IReadOnlyList<string> overrides, int seed, CampaignPlaces places, Surroundings surroundings, CancellationToken stop)
    {
        var system = Checkout.Systems;
        surroundings.Out.WriteLine($"resolving the plans of {experiments.Count} experiments");
        var campaigns = new Dictionary<string, Campaign>();
        var entries = new List<ClaimsExperiment>();
        foreach (var experiment in experiments) entries.Add(await Prepare(experiment, overrides, seed, system, campaigns, stop));
        if (campaigns.Count == 0) throw new PlanException(entries[0].Reason);

        Directory.CreateDirectory(places.Data);
        var machine = await MachineProbe.Observe(places.Data, Checkout.Root);
        var summary = new ClaimsSummary
        {
            Profile = Profile.Of(overrides).Name,
            Seed = seed,
            Overrides = overrides,
            Command = CampaignJob.CommandLine($"run {ClaimsFolder.Name}", [], seed, OptionsOf(overrides)),
            Machine = machine.Summary(),
            GitSha = machine.GitSha,
            Started = DateTimeOffset.UtcNow,
            Experiments = entries,
        };
        var folder = ClaimsFolder.Create(places.Out, summary, machine);
        return await new ClaimsJob(folder, experiments, campaigns, system, places.Data, surroundings, []).Go(stop);
    }

    /// <summary>Goes on with one: what is whole stays, what was cut off is gone on with, what failed or was not begun is measured.</summary>
    /// <param name="path">Its folder.</param>
    /// <param name="allowed">Differences across which it is gone on with, as <see cref="ResumeCommand"/> names them.</param>
    /// <param name="data">Where the nodes' data goes.</param>
    /// <param name="surroundings">Where progress goes.</param>
    /// <param name="stop">Ends it early.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Resume(string path, IReadOnlyList<string> allowed, string data, Surroundings surroundings, CancellationToken stop)
    {
        var folder = ClaimsFolder.Open(path);
        var summary = folder.Summary;
        if (summary.Experiments.All(experiment => experiment.Progress == ClaimsProgress.Measured))
        {
            surroundings.Out.WriteLine($"{folder.Path} is whole: no experiment is missing");
            return ExitCode.Success;
        }

        Directory.CreateDirectory(data);
        ResumeCommand.ThrowUnlessAllowed(folder.Path, [.. FolderDifference.Of(folder.Machine, await MachineProbe.Observe(data, Checkout.Root))], allowed);
        var experiments = summary.Experiments.Select(entry => ExperimentCatalog.Find(entry.Id)).ToList();
        var system = Checkout.Systems;
        var campaigns = new Dictionary<string, Campaign>();
        foreach (var (experiment, entry) in experiments.Zip(summary.Experiments))
            if (entry.Progress != ClaimsProgress.Measured) await Prepare(experiment, summary.Overrides, summary.Seed, system, campaigns, stop);
        return await new ClaimsJob(folder, experiments, campaigns, system, data, surroundings, allowed).Go(stop);
    }

    private static async Task<ClaimsExperiment> Prepare(
        Experiment experiment, IReadOnlyList<string> overrides, int seed, ISystemUnderTest system, Dictionary<string, Campaign> campaigns, CancellationToken stop)
    {
        var entry = new ClaimsExperiment(experiment.Id, experiment.Title);
        try
        {
            var campaign = campaigns[experiment.Id] = await Campaign.Prepare(experiment, overrides, seed, system, stop);
            return entry with { ExpectedSeconds = campaign.ExpectedTime.TotalSeconds };
        }
        catch (Exception error) when (error is PlanException or NodeRefusedException)
        {
            return entry with { Progress = ClaimsProgress.Failed, Reason = error.Message };
        }
    }

    private async Task<int> Go(CancellationToken stop)
    {
        using var writing = _folder.TakeForWriting();
        _folder.Write(Answered(_folder.Summary with { Finished = null }));
        ClaimsTable.WriteEstimate(_surroundings, _folder.Summary);
        _surroundings.Out.WriteLine($"into {_folder.Path}");
        for (var i = 0; i < _experiments.Count && !stop.IsCancellationRequested; i++)
        {
            if (_folder.Summary.Experiments[i].Progress == ClaimsProgress.Measured || !_campaigns.TryGetValue(_experiments[i].Id, out var campaign)) continue;

            _surroundings.Out.WriteLine($"\n[{i + 1}/{_experiments.Count}] {_experiments[i].Id}: {_experiments[i].Title}");
            await Measure(i, campaign, stop);
            ClaimsTable.WriteExperiment(_surroundings, _folder.Summary, _folder.Summary.Experiments[i]);
        }

        if (!stop.IsCancellationRequested) _folder.Write(_folder.Summary with { Finished = DateTimeOffset.UtcNow });
        ClaimsTable.Write(_surroundings, _folder.Summary);
        _surroundings.Out.WriteLine(_folder.Path);
        if (stop.IsCancellationRequested) _surroundings.Error.WriteLine($"stopped; testbed resume {_folder.Path} goes on");
        return ExitCodeOf(_folder.Summary, stop.IsCancellationRequested);
    }

    private static int ExitCodeOf(ClaimsSummary summary, bool interrupted) => interrupted ? ExitCode.Interrupted
        : summary.Experiments.All(experiment => experiment is { Progress: ClaimsProgress.Measured, UnsoundRuns: 0 }) ? ExitCode.Success
        : ExitCode.Failed;

    private async Task Measure(int index, Campaign campaign, CancellationToken stop)
    {
        var clock = Stopwatch.StartNew();
        var before = _folder.Summary.Experiments[index];
        try
        {
            var result = before.Folder is { } begun
                ? await GoOn(_folder.PathOf(begun), stop)
                : await CampaignJob.Measure(campaign, _system, _places, _surroundings, stop, path => Note(index, entry => entry with { Folder = _folder.RelativeOf(path), Progress = ClaimsProgress.CutOff }));
            Note(index, entry => entry with
            {
                Progress = result.Interrupted ? ClaimsProgress.CutOff : ClaimsProgress.Measured,
                Reason = "",
                Runs = result.Folder.Runs.Count,
                UnsoundRuns = result.Folder.Runs.Count(run => !run.Sound),
                Seconds = before.Seconds + clock.Elapsed.TotalSeconds,
            });
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Before its first run: it is as it was.
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // Whatever it is, the others are to be measured.
            Note(index, entry => entry with { Progress = ClaimsProgress.Failed, Reason = error.Message, Seconds = before.Seconds + clock.Elapsed.TotalSeconds });
        }
    }

    private async Task<CampaignResult> GoOn(string path, CancellationToken stop)
    {
        var results = CampaignResults.Open(path);
        return results.Plan.Finished is not null
            ? new CampaignResult(results.Folder, Interrupted: false)
            : await CampaignJob.Resume(await PlanAgain.Prepare(results, _system, stop), results.Folder, _allowed, _system, _places, _surroundings, stop);
    }

    private void Note(int index, Func<ClaimsExperiment, ClaimsExperiment> change)
    {
        var summary = _folder.Summary;
        _folder.Write(Answered(summary with { Experiments = [.. summary.Experiments.Select((entry, i) => i == index ? change(entry) : entry)] }));
    }

    private ClaimsSummary Answered(ClaimsSummary summary) => summary with
    {
        Claims =
        [
            .. ClaimCatalog.All.Select(claim => ClaimJudge.Of(claim,
            [
                .. ClaimCatalog.AnsweredBy(claim).Select(experiment => summary.Experiments.FirstOrDefault(entry => entry.Id == experiment.Id)).OfType<ClaimsExperiment>()
                    .Select(entry => (entry, ResultsOf(entry))),
            ])),
        ],
    };

    private CampaignResults? ResultsOf(ClaimsExperiment entry)
    {
        try
        {
            return entry.Folder is { } folder ? CampaignResults.Open(_folder.PathOf(folder)) : null;
        }
        catch (ResultException)
        {
            return null; // Moved or removed since: there is nothing to judge by.
        }
    }

    // As the command line has options for all that may be changed.
    private static IEnumerable<string> OptionsOf(IEnumerable<string> overrides) => overrides.Select(PlanSettings.Split).Select(assignment => assignment.Name switch
    {
        "schedule.repeats" => $"--repeat {assignment.Text}",
        "schedule.precision" => $"--precision {assignment.Text}",
        "schedule.budget" => $"--budget {assignment.Text}",
        _ => $"--{assignment.Name} {assignment.Text}",
    });
}
