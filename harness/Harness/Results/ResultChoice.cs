using Harness.Plans;

namespace Harness.Results;

/// <summary>Which of an experiment's results speaks for it where one has to.</summary>
public static class ResultChoice
{
    // How much a result says of the experiment, the most first.
    private enum Weight
    {
        MeasuredToPublish,
        AsItStands,
        QuickLook,
        SettingsChanged,
        CutOff,
    }

    /// <summary>
    /// A finished one of the experiment as it stands, of profile publish if there is any; without that one of profile quick, then one for
    /// which settings were changed, then one that was cut off. The newest among equals. Null when there is none with a single run.
    /// </summary>
    /// <param name="root">The folder that holds one for each experiment.</param>
    /// <param name="experiment">Its id.</param>
    /// <param name="counts">Says of a folder whether it may be chosen; null for all.</param>
    /// <exception cref="ResultException">A result is damaged.</exception>
    public static ResultFolder? Of(string root, string experiment, Func<string, bool>? counts = null) =>
        // Sorting is stable: of one weight the newest stays first.
        ResultFolder.PathsOf(root, experiment).Where(path => counts?.Invoke(path) ?? true).Select(ResultFolder.Open)
            .Where(folder => folder.Runs.Count > 0)
            .OrderBy(folder => WeightOf(folder.Plan)).FirstOrDefault();

    /// <summary>Why it is not the experiment as it stands, as a clause; null when it is.</summary>
    public static string? WhatIsDifferent(ResultPlan plan) => WeightOf(plan) switch
    {
        Weight.QuickLook => $"profile {Profile.Quick.Name}, a first look",
        Weight.SettingsChanged => $"measured with {string.Join(", ", plan.Overrides!)}",
        Weight.CutOff => "cut off before all was measured",
        _ => null,
    };

    private static Weight WeightOf(ResultPlan plan) => plan switch
    {
        { Finished: null } => Weight.CutOff,
        _ when (plan.Overrides ?? []).Any(change => PlanSettings.Split(change).Name != Profile.Setting) => Weight.SettingsChanged,
        _ when plan.Profile == Profile.Quick.Name => Weight.QuickLook,
        _ when plan.Profile == Profile.Publish.Name => Weight.MeasuredToPublish,
        _ => Weight.AsItStands,
    };
}
