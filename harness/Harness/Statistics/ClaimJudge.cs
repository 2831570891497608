using Harness.Results;
using Harness.Results.Claims;

namespace Harness.Statistics;

/// <summary>Says of a claim what the experiments that decide it found.</summary>
public static class ClaimJudge
{
    private const int ReasonsMax = 2;

    /// <param name="claim">The claim.</param>
    /// <param name="experiments">Those of a campaign that decide it, each with its result, or null where there is none.</param>
    /// <returns>Its answer: one experiment that refutes it is enough, and none may be undecided for it to stand.</returns>
    public static ClaimAnswer Of(Claim claim, IReadOnlyList<(ClaimsExperiment Experiment, CampaignResults? Results)> experiments)
    {
        var answers = experiments.Select(one => Of(claim, one.Experiment, one.Results)).ToList();
        return answers.Find(answer => answer.Verdict == ClaimVerdict.Refuted)
            ?? answers.Find(answer => answer.Verdict == ClaimVerdict.NotDecided)
            ?? answers.FirstOrDefault()
            ?? Undecided(claim) with { Why = "no experiment decides it yet" };
    }

    private static ClaimAnswer Of(Claim claim, ClaimsExperiment experiment, CampaignResults? results)
    {
        var answer = Undecided(claim) with { Experiment = experiment.Id, Folder = experiment.Folder };
        if (results is null || results.Runs.Count == 0) return answer with { Why = WhyNothing(experiment) };

        var outcomes = results.Outcomes;
        var verdict = claim.VerdictOf(outcomes);
        var shown = verdict switch { ClaimVerdict.Refuted => CheckVerdict.FellShort, ClaimVerdict.Stands => CheckVerdict.Met, _ => CheckVerdict.NotMeasured };
        var deciding = outcomes.FirstOrDefault(outcome => outcome.Claim == claim.Number && outcome.Verdict == shown);
        return answer with
        {
            Verdict = verdict,
            Check = deciding?.Name,
            Figure = deciding?.Figure,
            Why = verdict == ClaimVerdict.NotDecided ? WhyUndecided(claim, experiment, results, deciding) : "",
        };
    }

    private static ClaimAnswer Undecided(Claim claim) => new(claim.Number, claim.Text, claim.Source, claim.RefutedBy, ClaimVerdict.NotDecided);

    private static string WhyNothing(ClaimsExperiment experiment) => experiment.Progress switch
    {
        ClaimsProgress.NotRun => "not run",
        ClaimsProgress.Failed => FirstLine(experiment.Reason),
        _ => "cut off before its first run had ended",
    };

    // The runs that are missing say themselves what they lack: root, a tool, KAFKA_HOME.
    private static string WhyUndecided(Claim claim, ClaimsExperiment experiment, CampaignResults results, CheckOutcome? deciding)
    {
        var checks = results.Plan.Checks.Where(check => check.Claim == claim.Number).ToList();
        var cells = results.Plan.Cells.Where(cell => checks.Exists(check => new[] { check.Of, check.RatioTo, check.Against?.Of, check.Against?.To }
            .OfType<IReadOnlyDictionary<string, string>>().Any(wanted => CellSelector.Matches(wanted, cell.Values)))).Select(cell => cell.Id).ToHashSet();
        var reasons = results.Runs.Where(run => !run.Sound && cells.Contains(run.Cell)).Select(run => FirstLine(run.Reason)).Distinct().Take(ReasonsMax).ToList();
        if (experiment.Progress == ClaimsProgress.CutOff) reasons.Add("cut off before all was measured");
        if (experiment.Progress == ClaimsProgress.Failed) reasons.Add(FirstLine(experiment.Reason));
        return reasons.Count > 0 ? string.Join("; ", reasons) : deciding?.Figure ?? "no check decides it";
    }

    private static string FirstLine(string text) => text.Split('\n')[0];
}
