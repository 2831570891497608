using Harness.Results;

namespace Harness.Plans;

/// <summary>A question, a prediction made before the run, and a plan that can refute it. No logic.</summary>
public abstract class Experiment
{
    /// <summary>What the command line and the result folder call it: <c>E01</c>.</summary>
    public abstract string Id { get; }

    public abstract string Title { get; }

    public abstract string Question { get; }

    /// <summary>Claims of others that it can refute; each has at least one check that decides it.</summary>
    public virtual IReadOnlyList<Claim> Claims => [];

    public abstract Expectation Expectation { get; }

    /// <summary>What is measured. Several plans are measured as one: their runs are interleaved.</summary>
    public abstract IReadOnlyList<Plan> Plans { get; }

    public abstract IReadOnlyList<ChartRequest> Charts { get; }

    /// <summary>What is measured of it in minutes, by <see cref="Profile.Quick"/>.</summary>
    public virtual QuickLook Quick => new();

    /// <summary>What whoever reads its numbers must know beside what every result says: a sentence each.</summary>
    public virtual IReadOnlyList<string> Caveats => [];
}

/// <summary>What is expected before the run.</summary>
/// <param name="Text">In words, with numbers.</param>
/// <param name="Checks">The part of it that a program can judge.</param>
public sealed record Expectation(string Text, params IReadOnlyList<Check> Checks);
