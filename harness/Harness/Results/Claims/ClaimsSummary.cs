namespace Harness.Results.Claims;

/// <summary>What became of each claim, and of each experiment that decides some: <c>claims.json</c>.</summary>
/// <remarks>Written anew whenever an experiment begins or ends, so that it is true at any moment. Without <see cref="Finished"/> the campaign was cut off.</remarks>
public sealed record ClaimsSummary
{
    public const int CurrentFormat = 1;

    /// <summary>Version of the file; readers refuse a newer one.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>How much time experiments were given: <c>quick</c>, <c>standard</c>, <c>publish</c>.</summary>
    public required string Profile { get; init; }

    /// <summary>Seed of all experiments.</summary>
    public required int Seed { get; init; }

    /// <summary>What was changed of all of them, the profile among it.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>The command line that repeats it.</summary>
    public required string Command { get; init; }

    /// <summary>The machine in a line; all that is known of it is in <c>machine.json</c>.</summary>
    public required string Machine { get; init; }

    public required string GitSha { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>When the last experiment had ended, failed ones included.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>In the order in which they are measured.</summary>
    public required IReadOnlyList<ClaimsExperiment> Experiments { get; init; }

    /// <summary>In the order of their numbers, all of them.</summary>
    public IReadOnlyList<ClaimAnswer> Claims { get; init; } = [];
}

/// <summary>How far an experiment has come.</summary>
public enum ClaimsProgress
{
    NotRun,

    /// <summary>It has a result, and runs of it are missing.</summary>
    CutOff,

    /// <summary>It could not be begun or not be ended; <see cref="ClaimsExperiment.Reason"/> says why.</summary>
    Failed,

    /// <summary>All runs were made; some may have failed.</summary>
    Measured,
}

/// <summary>One experiment of a claims campaign.</summary>
public sealed record ClaimsExperiment(string Id, string Title)
{
    /// <summary>Its result folder, relative to the folder that the summary lies in; null while there is none.</summary>
    public string? Folder { get; init; }

    public ClaimsProgress Progress { get; init; }

    /// <summary>Why it failed; empty unless it did.</summary>
    public string Reason { get; init; } = "";

    public int Runs { get; init; }

    /// <summary>Runs that prove nothing.</summary>
    public int UnsoundRuns { get; init; }

    /// <summary>What was expected before it began; null where that could not be told.</summary>
    public double? ExpectedSeconds { get; init; }

    /// <summary>What it took, all that was resumed together.</summary>
    public double Seconds { get; init; }
}

/// <summary>What became of one claim.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Text">The claim in a sentence.</param>
/// <param name="Source">Who says so.</param>
/// <param name="RefutedBy">What would show that it is wrong, as a clause.</param>
/// <param name="Verdict">How it fared on this machine.</param>
public sealed record ClaimAnswer(int Number, string Text, string Source, string RefutedBy, ClaimVerdict Verdict)
{
    /// <summary>The check that decided, or that is missing; null where no experiment looked.</summary>
    public string? Check { get; init; }

    /// <summary>Its figure with unit, interval, number of runs and limit.</summary>
    public string? Figure { get; init; }

    /// <summary>The experiment that it is of.</summary>
    public string? Experiment { get; init; }

    /// <summary>Its result folder, as <see cref="ClaimsExperiment.Folder"/>.</summary>
    public string? Folder { get; init; }

    /// <summary>Why it is not decided; empty where it is.</summary>
    public string Why { get; init; } = "";
}
