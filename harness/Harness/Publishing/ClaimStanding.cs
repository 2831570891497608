using Harness.Results;
using Harness.Results.Claims;
using Harness.Statistics;

namespace Harness.Publishing;

/// <summary>How a claim fares by all experiments that answer it.</summary>
public sealed class ClaimStanding
{
    private ClaimStanding(Claim claim, IReadOnlyList<PublishedExperiment> experiments)
    {
        (Claim, Experiments) = (claim, experiments);
        Answer = ClaimJudge.Of(claim, [.. experiments.Select(experiment => (Of(experiment), experiment.Campaign))]);
    }

    /// <summary>What is said.</summary>
    public Claim Claim { get; }

    /// <summary>The experiments that can refute it; empty while there is none.</summary>
    public IReadOnlyList<PublishedExperiment> Experiments { get; }

    /// <summary>The verdict with the check and the figure that decided, or why there is none.</summary>
    public ClaimAnswer Answer { get; }

    /// <summary>In words: <c>refuted</c>, <c>stands</c>, <c>not decided</c>, <c>not measured yet</c>, <c>no experiment yet</c>.</summary>
    public string Verdict => Answer.Verdict switch
    {
        ClaimVerdict.Refuted => "refuted",
        ClaimVerdict.Stands => "stands",
        _ when Experiments.Count == 0 => "no experiment yet",
        _ => Experiments.All(experiment => experiment.Campaign is null) ? "not measured yet" : "not decided",
    };

    /// <summary>What decided, with its figure, <c>fell short: the device reaches half of it: 0.054 (…)</c>; else why nothing did. May be empty.</summary>
    public string Reason => Answer.Verdict switch
    {
        ClaimVerdict.Refuted => $"fell short: {Decided}",
        ClaimVerdict.Stands => $"met: {Decided}",
        _ => Experiments.Any(experiment => experiment.Campaign is not null) ? Answer.Why : "",
    };

    // The limit and the cells behind it are in the report.
    private string Decided => $"{Answer.Check}: {Answer.Figure?.Split(';')[0]}";

    /// <summary>All claims by the experiments there are.</summary>
    public static IReadOnlyList<ClaimStanding> Of(IEnumerable<Claim> claims, IReadOnlyList<PublishedExperiment> experiments) =>
        [.. claims.Select(claim => Of(claim, experiments))];

    /// <summary>One claim by those of the experiments that answer it.</summary>
    public static ClaimStanding Of(Claim claim, IEnumerable<PublishedExperiment> experiments) =>
        new(claim, [.. experiments.Where(experiment => experiment.Experiment.Claims.Any(own => own.Number == claim.Number))]);

    private static ClaimsExperiment Of(PublishedExperiment published) => new(published.Experiment.Id, published.Experiment.Title)
    {
        Progress = published.Campaign switch { null => ClaimsProgress.NotRun, { Plan.Finished: null } => ClaimsProgress.CutOff, _ => ClaimsProgress.Measured },
    };
}
