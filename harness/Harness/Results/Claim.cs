namespace Harness.Results;

/// <summary>How a claim fared.</summary>
public enum ClaimVerdict
{
    /// <summary>All checks that decide it were met.</summary>
    Stands,

    /// <summary>A check that decides it fell short.</summary>
    Refuted,

    /// <summary>Nothing fell short, but not everything that decides it was measured.</summary>
    NotDecided,
}

/// <summary>What others say of systems like this one, as something that can be wrong.</summary>
/// <param name="Number">Its number in the project's list of claims.</param>
/// <param name="Text">The claim in a sentence.</param>
/// <param name="Source">Who says so.</param>
/// <param name="RefutedBy">What would show that it is wrong, as a clause: <c>it saves less than a tenth</c>. Empty in folders of before this was kept.</param>
public sealed record Claim(int Number, string Text, string Source, string RefutedBy = "")
{
    /// <summary>How it fared by the checks that decide it; others say nothing of it.</summary>
    public ClaimVerdict VerdictOf(IReadOnlyList<CheckOutcome> outcomes)
    {
        var deciding = outcomes.Where(outcome => outcome.Claim == Number).ToList();
        return deciding.Exists(outcome => outcome.Verdict == CheckVerdict.FellShort) ? ClaimVerdict.Refuted
            : deciding.Count > 0 && deciding.TrueForAll(outcome => outcome.Verdict == CheckVerdict.Met) ? ClaimVerdict.Stands
            : ClaimVerdict.NotDecided;
    }

    /// <summary>The same in words.</summary>
    public string VerdictBy(IReadOnlyList<CheckOutcome> outcomes) => InWords(VerdictOf(outcomes));

    /// <summary>A verdict in words.</summary>
    public static string InWords(ClaimVerdict verdict) => verdict switch
    {
        ClaimVerdict.Stands => "stands on this machine",
        ClaimVerdict.Refuted => "refuted on this machine",
        _ => "not decided",
    };
}
