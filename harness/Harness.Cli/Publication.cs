using System.ComponentModel;
using System.Diagnostics;
using Experiments;
using Harness.Publishing;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Cli;

/// <summary>What this checkout has to publish: its experiments with notebooks and results, and the files that quote them.</summary>
internal static class Publication
{
    // What the front page shows: the distribution says more than one percentile over the rates does.
    private const string MainExperiment = "E03";
    private const string MainChart = "Produce latency at acks=all";

    /// <summary>Every experiment with the result below <paramref name="results"/> that speaks for it.</summary>
    /// <param name="results">The folder that holds one for each experiment.</param>
    /// <param name="counts">Which results may be chosen; null for all.</param>
    public static IReadOnlyList<PublishedExperiment> Of(string results, Func<string, bool>? counts = null) =>
        [.. ExperimentCatalog.All.Select(experiment => new PublishedExperiment(
            experiment,
            ExperimentFiles.StemOf(experiment),
            ExperimentFiles.NotebookOf(experiment),
            ResultChoice.Of(results, experiment.Id, counts) is { } folder ? CampaignResults.Of(folder) : null))];

    /// <summary>The READMEs of a checkout and what they have to say by these results.</summary>
    /// <exception cref="CommandException">A README has lost the marks between which it is written.</exception>
    public static IReadOnlyList<(string Path, string Text)> Readmes(string root, IReadOnlyList<PublishedExperiment> experiments)
    {
        var claims = ClaimStanding.Of(ClaimCatalog.All, experiments);
        var main = experiments.First(published => published.Experiment.Id == MainExperiment);
        return
        [
            Written(Path.Combine(root, "README.md"), ("main chart", ReadmeText.Chart(main, MainChart)), ("claims", ReadmeText.Claims(claims))),
            Written(Path.Combine(root, "experiments", "README.md"), ("experiments", ReadmeText.Experiments(experiments, claims))),
        ];
    }

    /// <summary>Says of a result whether git holds it: others were measured here and published nowhere. True for all outside of a repository.</summary>
    public static Func<string, bool> InGit(string root)
    {
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { "-C", root, "ls-files", "--", "results" }) start.ArgumentList.Add(argument);
        try
        {
            using var git = Process.Start(start)!;
            _ = git.StandardError.ReadToEndAsync();
            var plans = git.StandardOutput.ReadToEnd().Split('\n').Where(file => file.EndsWith("/plan.json", StringComparison.Ordinal));
            git.WaitForExit();
            if (git.ExitCode != 0) return _ => true;

            var held = plans.Select(file => Path.GetFullPath(Path.Combine(root, Path.GetDirectoryName(file)!))).ToHashSet();
            return folder => held.Contains(Path.GetFullPath(folder));
        }
        catch (Win32Exception)
        {
            return _ => true;
        }
    }

    private static (string Path, string Text) Written(string path, params (string Name, string Content)[] blocks)
    {
        try
        {
            return (path, blocks.Aggregate(File.ReadAllText(path), (text, block) => MarkedBlock.Replace(text, block.Name, block.Content)));
        }
        catch (FormatException e)
        {
            throw new CommandException($"{path}: {e.Message}");
        }
    }
}
