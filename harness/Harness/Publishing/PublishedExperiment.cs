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

    /// <summary>Why its result is not of the experiment as it stands, as a clause; null when it is, or when there is none.</summary>
    public string? WhatIsDifferent => Campaign is null ? null : ResultChoice.WhatIsDifferent(Campaign.Plan);

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
