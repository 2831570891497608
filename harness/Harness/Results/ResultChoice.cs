namespace Harness.Results;

/// <summary>Which of an experiment's results speaks for it where one has to.</summary>
public static class ResultChoice
{
    /// <summary>
    /// The newest finished one of the experiment as it stands; without one the newest finished one for which settings were changed;
    /// without that the newest that was cut off. Null when there is none with a single run.
    /// </summary>
    /// <param name="root">The folder that holds one for each experiment.</param>
    /// <param name="experiment">Its id.</param>
    /// <param name="counts">Says of a folder whether it may be chosen; null for all.</param>
    /// <exception cref="ResultException">A result is damaged.</exception>
    public static ResultFolder? Of(string root, string experiment, Func<string, bool>? counts = null) =>
        ResultFolder.PathsOf(root, experiment).Where(path => counts?.Invoke(path) ?? true).Select(ResultFolder.Open)
            .Where(folder => folder.Runs.Count > 0)
            .OrderBy(Rank).FirstOrDefault();

    // Sorting is stable: within a rank the newest stays first.
    private static int Rank(ResultFolder folder) => folder.Plan switch
    {
        { Finished: null } => 2,
        { Overrides.Count: > 0 } => 1,
        _ => 0,
    };
}
