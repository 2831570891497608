using Harness.Results;

namespace Harness.Publishing;

/// <summary>How a claim fares by all experiments that answer it.</summary>
/// <param name="Claim">What is said.</param>
/// <param name="Answers">The experiments that can refute it; empty while there is none.</param>
public sealed record ClaimStanding(Claim Claim, IReadOnlyList<PublishedExperiment> Answers)
{
    private IReadOnlyList<CheckOutcome> Outcomes { get; } =
        [.. Answers.SelectMany(answer => answer.Campaign?.Outcomes ?? []).Where(outcome => outcome.Claim == Claim.Number)];

    /// <summary>Whether it fell by one of its checks.</summary>
    public bool IsRefuted => Outcomes.Any(outcome => outcome.Verdict == CheckVerdict.FellShort);

    /// <summary>Whether all experiments that answer it were measured and all of its checks were met.</summary>
    public bool Stands => IsMeasured && Answers.All(answer => answer.Campaign is not null) && Outcomes.All(outcome => outcome.Verdict == CheckVerdict.Met);

    /// <summary>Whether there is any result that looked for it.</summary>
    public bool IsMeasured => Outcomes.Count > 0;

    /// <summary>In words: <c>refuted</c>, <c>stands</c>, <c>not decided</c>, <c>not measured yet</c>, <c>no experiment yet</c>.</summary>
    public string Verdict =>
        Answers.Count == 0 ? "no experiment yet" : IsRefuted ? "refuted" : Stands ? "stands" : IsMeasured ? "not decided" : "not measured yet";

    /// <summary>All claims by the experiments there are.</summary>
    public static IReadOnlyList<ClaimStanding> Of(IEnumerable<Claim> claims, IReadOnlyList<PublishedExperiment> experiments) =>
        [.. claims.Select(claim => new ClaimStanding(claim, [.. experiments.Where(experiment => Answer(experiment, claim))]))];

    private static bool Answer(PublishedExperiment experiment, Claim claim) => experiment.Experiment.Claims.Any(own => own.Number == claim.Number);
}
