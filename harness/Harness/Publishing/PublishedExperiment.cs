using Harness.Plans;
using Harness.Results;
using Harness.Statistics;

namespace Harness.Publishing;

/// <summary>An experiment with what there is to publish of it.</summary>
/// <param name="Experiment">Question, expectation and plan as they are in the code.</param>
/// <param name="Stem">What its file, its notebook and its page are called: <c>E03_RoadToOneMillion</c>.</param>
/// <param name="Notebook">The path of its notebook; null while it has none.</param>
/// <param name="Campaign">The result that speaks for it; null while it was not measured.</param>
public sealed record PublishedExperiment(Experiment Experiment, string Stem, string? Notebook, CampaignResults? Campaign)
{
    /// <summary>The name of the result's folder, <c>UTC-SHA</c>.</summary>
    public string ResultName => Campaign is null ? "" : Path.GetFileName(Campaign.Folder.Path);

    /// <summary>Whether settings were changed for the result, or it was cut off: not the experiment as it stands.</summary>
    public bool IsChanged => Campaign is not null && Campaign.Plan is { Finished: null } or { Overrides.Count: > 0 };

    /// <summary>How the expectation fared: <c>3 of 5 expectations met</c>.</summary>
    public string InShort()
    {
        if (Campaign is null) return "not measured yet";

        var outcomes = Campaign.Outcomes;
        var open = outcomes.Count(outcome => outcome.Verdict == CheckVerdict.NotMeasured);
        return outcomes.Count == 0
            ? "measured"
            : $"{outcomes.Count(outcome => outcome.Verdict == CheckVerdict.Met)} of {outcomes.Count} expectations met{(open > 0 ? $", {open} not measured" : "")}";
    }
}
