namespace Harness.Results;

/// <summary>A time at which a campaign that had been cut off was gone on with.</summary>
/// <param name="At">When.</param>
/// <param name="RunsBefore">How many runs there were by then.</param>
/// <param name="Differences">In what machine and code were no longer the same, a sentence each.</param>
public sealed record ResumeFacts(DateTimeOffset At, int RunsBefore, IReadOnlyList<string> Differences)
{
    /// <summary>What a reader must know of it.</summary>
    public string Caveat =>
        $"Cut off after {RunsBefore} {(RunsBefore == 1 ? "run" : "runs")} and resumed at {At.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
        + (Differences.Count > 0 ? $", with differences that were allowed: {string.Join("; ", Differences)}." : ", on the same machine and code.");
}
