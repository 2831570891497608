namespace Harness.Results;

/// <summary>What others say of systems like this one, as something that can be wrong.</summary>
/// <param name="Number">Its number in the project's list of claims.</param>
/// <param name="Text">The claim in a sentence.</param>
/// <param name="Source">Who says so.</param>
/// <param name="RefutedBy">What would show that it is wrong, as a clause: <c>it saves less than a tenth</c>. Empty in folders of before this was kept.</param>
public sealed record Claim(int Number, string Text, string Source, string RefutedBy = "")
{
    /// <summary>How it fared on this machine: refuted when any check that decides it fell short, standing when all were met.</summary>
    public string VerdictBy(IReadOnlyList<CheckOutcome> outcomes)
    {
        var deciding = outcomes.Where(outcome => outcome.Claim == Number).ToList();
        return deciding.Exists(outcome => outcome.Verdict == CheckVerdict.FellShort) ? "refuted on this machine"
            : deciding.Count > 0 && deciding.TrueForAll(outcome => outcome.Verdict == CheckVerdict.Met) ? "stands on this machine"
            : "not decided";
    }
}
