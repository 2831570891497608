using Engine.Core.Strategies;

namespace Harness.Faults;

/// <summary>One fault of a plan: what, whom, when after measuring began, and how long.</summary>
/// <remarks>Written <c>kill(leader, at=5s, back=2s)</c>; <see cref="FaultScript"/> joins several.</remarks>
public sealed record FaultStep
{
    private static readonly TimeSpan AtDefault = TimeSpan.FromSeconds(2);

    private FaultStep(string text, Fault fault, FaultTarget target, TimeSpan at, TimeSpan? lasts) =>
        (Text, Fault, Target, At, Lasts) = (text, fault, target, at, lasts);

    /// <summary>The step with every parameter it has, given or default.</summary>
    public string Text { get; }

    public Fault Fault { get; }

    public FaultTarget Target { get; }

    /// <summary>Since measuring began.</summary>
    public TimeSpan At { get; }

    /// <summary>How long until it is put right; null: not in this run.</summary>
    public TimeSpan? Lasts { get; }

    /// <summary>Reads one step.</summary>
    /// <exception cref="StrategyException">There is no such fault or it has no such parameter; the message says what is allowed.</exception>
    public static FaultStep Parse(string text)
    {
        var spec = StrategySpec.Parse(text);
        var kind = FaultCatalog.Find(spec.Name);
        var target = spec.Value("target", new FaultTarget(FaultTargetKind.Leader), FaultTarget.Parse, value => value.ToString(), FaultTarget.Allowed);
        var at = spec.Duration("at", AtDefault);
        TimeSpan? lasts = kind.Lasting switch
        {
            Lasting.UntilBack => spec.Value("back", kind.LastsDefault, ParseBack, FormatBack, "a duration with its unit, such as 2s, or never"),
            Lasting.ForATime => spec.Duration("for", kind.LastsDefault),
            _ => TimeSpan.Zero,
        };
        var fault = kind.Create(spec);
        // The target needs no key: it stands first, as a strategy's first parameter may.
        var resolved = spec.Resolved().Replace("(target=", "(", StringComparison.Ordinal);
        return new FaultStep(resolved, fault, target, at, lasts == Timeout.InfiniteTimeSpan ? null : lasts);
    }

    private static TimeSpan? ParseBack(string text) => text == "never" ? Timeout.InfiniteTimeSpan : Quantity.ParseDuration(text);

    private static string FormatBack(TimeSpan back) => back == Timeout.InfiniteTimeSpan ? "never" : Quantity.Format(back);
}
