using Harness.Notebooks;
using Harness.Results;

namespace Harness.Publishing;

/// <summary>Makes a folder of pages out of notebooks and results that can be put on any web server, or be opened as it is.</summary>
public static class SiteBuilder
{
    // Of a result: what was printed by processes, and histograms of single runs, weigh more than all the rest.
    private static readonly string[] LeftOut = ["logs", "latency"];

    /// <summary>Writes <c>index.html</c>, a page for each experiment, and the results that they rest on.</summary>
    /// <param name="folder">Made when it is not there; pages in it are replaced.</param>
    /// <param name="claims">All claims, in their order.</param>
    /// <param name="experiments">All experiments, in their order.</param>
    /// <param name="progress">Told of each page.</param>
    /// <returns>The path of the first page.</returns>
    /// <exception cref="NotebookException">A notebook failed; the message names it, its cell and the error.</exception>
    public static async Task<string> Write(
        string folder, IReadOnlyList<Claim> claims, IReadOnlyList<PublishedExperiment> experiments, Action<string> progress, CancellationToken stop)
    {
        Directory.CreateDirectory(folder);
        var standings = ClaimStanding.Of(claims, experiments);
        foreach (var experiment in experiments)
        {
            var answered = standings.Where(claim => claim.Experiments.Contains(experiment)).ToList();
            var page = new ExperimentPage(experiment, answered, await Executed(experiment, stop), OthersOf(experiment));
            var path = Path.Combine(folder, experiment.Stem + ".html");
            await File.WriteAllTextAsync(path, page.ToHtml(), stop);
            if (experiment.Campaign is { } campaign)
                Copy(campaign.Folder.Path, Path.Combine(folder, "results", experiment.Experiment.Id, experiment.ResultName));
            progress(path);
        }

        var index = Path.Combine(folder, "index.html");
        await File.WriteAllTextAsync(index, new IndexPage(standings, experiments).ToHtml(), stop);
        return index;
    }

    private static async Task<Notebook?> Executed(PublishedExperiment experiment, CancellationToken stop)
    {
        if (experiment.Notebook is not { } path) return null;
        if (experiment.Campaign is not { } campaign) return Notebook.Read(path);

        var (notebook, _, error) = await NotebookRunner.ExecuteAsync(path, campaign.Folder.Path, echo: null, stop);
        return error is null ? notebook : throw new NotebookException($"{path}: {error}");
    }

    private static IReadOnlyList<string> OthersOf(PublishedExperiment experiment)
    {
        if (experiment.Campaign is not { } campaign) return [];

        var root = Path.GetDirectoryName(Path.GetDirectoryName(campaign.Folder.Path))!;
        return [.. ResultFolder.PathsOf(root, experiment.Experiment.Id).Select(path => Path.GetFileName(path)).Where(name => name != experiment.ResultName)];
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        foreach (var inner in Directory.GetDirectories(from).Where(inner => !LeftOut.Contains(Path.GetFileName(inner))))
            Copy(inner, Path.Combine(to, Path.GetFileName(inner)));
    }
}
