using Experiments;
using Harness.Plans;

namespace Harness.Cli;

/// <summary>Where the file and the notebook of an experiment lie in the checkout.</summary>
internal static class ExperimentFiles
{
    private const string NotebookExtension = ".ipynb";

    /// <summary>The folder of the notebooks.</summary>
    /// <exception cref="CommandException">The command was carried out of its checkout.</exception>
    public static string Notebooks => Path.Combine(
        Checkout.Root ?? throw new CommandException("the command lies outside its checkout, where the notebooks are: name their files."), "notebooks");

    /// <summary>What its file and its notebook are called without their extensions: <c>E03_RoadToOneMillion</c>.</summary>
    public static string StemOf(Experiment experiment)
    {
        var type = experiment.GetType().Name;
        return experiment.Id.Equals(type, StringComparison.OrdinalIgnoreCase) ? type : $"{experiment.Id}_{type}";
    }

    /// <summary>Its notebook, or null while it has none.</summary>
    public static string? NotebookOf(Experiment experiment)
    {
        var path = Path.Combine(Notebooks, StemOf(experiment) + NotebookExtension);
        return File.Exists(path) ? path : null;
    }

    /// <summary>The experiment that a notebook belongs to, by the part of its name before the first underscore.</summary>
    /// <exception cref="PlanException">There is no such experiment.</exception>
    public static Experiment ExperimentOf(string notebook) => ExperimentCatalog.Find(Path.GetFileNameWithoutExtension(notebook).Split('_')[0]);

    /// <summary>A notebook by its file, by its name or by its experiment.</summary>
    /// <exception cref="CommandException">There is none; the message says which there are.</exception>
    public static string FindNotebook(string name)
    {
        if (File.Exists(name)) return name;

        var known = ExperimentCatalog.All.Select(experiment => (experiment.Id, Path: NotebookOf(experiment))).Where(known => known.Path is not null).ToList();
        return known.FirstOrDefault(known => string.Equals(known.Id, name, StringComparison.OrdinalIgnoreCase)
                || string.Equals(Path.GetFileNameWithoutExtension(known.Path), name, StringComparison.OrdinalIgnoreCase)).Path
            ?? throw new CommandException($"there is no notebook {name}: give a file, all, or one of {string.Join(", ", known.Select(notebook => notebook.Id))}.");
    }
}
